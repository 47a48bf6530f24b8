"""One world for the tests of a module; each begins with no letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.support.world import World, open_world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("letters")) as opened:
        yield opened


@pytest.fixture
def db(shared: World) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit mode to a database without letters."""
    with shared.connect() as connection:
        for table in ("dead_letters", "deliveries", "destinations"):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        yield connection
