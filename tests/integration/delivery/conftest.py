"""One world a module for the tests that send from this process; see line.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.delivery.events import Shop, open_shop
from tests.integration.delivery.line import Line, open_line
from tests.support.receiver import Receiver


@pytest.fixture(scope="module")
def shared_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_line(tmp_path_factory.mktemp("line")) as line:
        yield line


@pytest.fixture
def line(shared_line: Line) -> Line:
    shared_line.begin()
    return shared_line


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop
