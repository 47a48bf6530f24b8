"""All services of one world, as processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.support.services import Service, running
from tests.support.world import World

NAMES = ("gateway", "agents", "query")


@pytest.fixture
def services(world: World) -> Iterator[dict[str, Service]]:
    """Gateway, agents and query service by name, ready; the demo's visitors have addresses."""
    # A busy machine's broker may answer late: what the spool then takes is in Kafka twice, and may
    # come after its own repeat.
    settings = world.settings.model_copy(
        update={"trust_forwarded": "first", "gateway_spool_after_ms": 10_000}
    )
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(name, settings)) for name in NAMES}
