"""Gateway, agents and query service of one world, as processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.support.services import Service, running
from tests.support.world import World


@pytest.fixture
def services(world: World) -> Iterator[dict[str, Service]]:
    """The services by name, ready."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running(name, world.settings))
            for name in ("gateway", "agents", "query")
        }
