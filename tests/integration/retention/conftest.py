"""One world a module; each test begins with empty tables."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.integration.retention.stock import Stock
from tests.support.world import World


@pytest.fixture(scope="module")
def has_topics() -> bool:
    """Of PostgreSQL alone."""
    return False


@pytest.fixture
def stock(module_world: World) -> Iterator[Stock]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        made = Stock(module_world, connection, uuid4())
        made.begin()
        yield made
