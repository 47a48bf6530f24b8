"""A gateway and a query service side by side; what limits rates is out of the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.support.services import Service, running
from tests.support.world import World


@dataclass(frozen=True)
class Pair:
    """Both services, and a key that may do everything."""

    gateway: Service
    query: Service
    key: str

    @property
    def ports(self) -> tuple[int, int]:
        """Of gateway and query service."""
        return self.gateway.settings.gateway_port, self.query.settings.query_port

    @property
    def memory(self) -> dict[str, int]:
        """Resident bytes of each."""
        return {service.name: resident(service) for service in (self.gateway, self.query)}


def resident(service: Service) -> int:
    """Resident bytes of a service's process."""
    assert service.process is not None
    return psutil.Process(service.process.pid).memory_info().rss


@pytest.fixture(scope="module")
def pair(module_world: World) -> Iterator[Pair]:
    settings = changed(module_world.settings, **{**OPEN, "gateway_proxy_reads": True})
    with running("gateway", settings) as gateway, running("query", settings) as query:
        yield Pair(gateway, query, module_world.key)


@pytest.fixture(params=["gateway", "query"])
def port(request: pytest.FixtureRequest, pair: Pair) -> int:
    """The port of each service in turn."""
    return pair.ports[0 if request.param == "gateway" else 1]
