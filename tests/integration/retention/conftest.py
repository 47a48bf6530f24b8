"""One world a module; each test begins with empty tables."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.integration.retention.stock import Stock
from tests.support.world import World, open_world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("retention")) as opened:
        yield opened


@pytest.fixture
def stock(shared: World) -> Iterator[Stock]:
    with shared.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        made = Stock(shared, connection, uuid4())
        made.begin()
        yield made
