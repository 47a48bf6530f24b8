"""An empty database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from bench.world import create_database, drop_database, url_of


@pytest.fixture
def dsn(shared_servers: tuple[str, str]) -> Iterator[str]:
    """The connection string of a database in which nothing is."""
    _, admin_url = shared_servers
    name = f"sp_m{uuid4().hex[:10]}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        create_database(admin, name)
    yield url_of(admin_url, name)
    drop_database(admin_url, name)
