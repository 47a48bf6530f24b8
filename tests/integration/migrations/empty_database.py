"""A database in which nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from bench import database_owner
from bench.world import create_database, drop_database, url_of


@contextmanager
def empty_database(admin_url: str) -> Iterator[str]:
    """Its connection string; it is dropped afterwards."""
    name = f"sp_m{uuid4().hex[:10]}"
    database_owner.make_roles(admin_url)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        create_database(admin, name)
    yield url_of(admin_url, name)
    drop_database(admin_url, name)
