"""One world for the tests of a module; each begins with no letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.support.world import World


@pytest.fixture
def db(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit mode to a database without letters."""
    with module_world.connect() as connection:
        for table in ("dead_letters", "deliveries", "destinations"):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        yield connection
