"""An empty database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.migrations.empty_database import empty_database


@pytest.fixture
def dsn(shared_servers: tuple[str, str]) -> Iterator[str]:
    """The connection string of a database in which nothing is."""
    with empty_database(shared_servers[1]) as dsn:
        yield dsn
