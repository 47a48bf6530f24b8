"""One world a module; each test begins with empty tables."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.integration.retention.stock import Stock
from tests.support.world import World, open_world


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of PostgreSQL alone."""
    with open_world(tmp_path_factory.mktemp("world"), has_topics=False) as opened:
        yield opened


@pytest.fixture
def stock(module_world: World) -> Iterator[Stock]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        made = Stock(module_world, connection, uuid4())
        made.begin()
        yield made
