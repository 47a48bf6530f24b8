"""One world a module for the tests that hand slices to a writer; see slices.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.agents.slices import Bench, open_bench


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    shared_bench.begin()
    return shared_bench
