"""Worlds of PostgreSQL alone: slices are handed to its statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.world import World, open_world


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of PostgreSQL alone."""
    with open_world(tmp_path_factory.mktemp("world"), has_topics=False) as opened:
        yield opened
