"""A gateway, an agent and a query service for the live views of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

KEPT_PER_SECOND = 5


@dataclass(frozen=True)
class LiveStack:
    """The services, and what a test asks of them with the key of all stores."""

    world: World
    gateway: Service
    query: Service
    client: httpx.Client

    def send(self, path: str, body: Any, status: int = 202, **headers: str) -> Any:
        """Sends a beacon; the answer."""
        answer = self.client.post(
            self.gateway.url + path, json=body, headers=self.world.headers | headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer of the query service."""
        return self.client.get(self.query.url + path, headers=self.world.headers | headers)

    def make_store(self, domain: str) -> str:
        """A new store's id."""
        answer = self.client.post(
            f"{self.query.url}/api/stores", json={"domain": domain}, headers=self.world.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["store_id"])

    def make_key(self, store: str | None, *scopes: str, kind: str = "secret") -> tuple[str, str]:
        """A new key of a store (None: of all): the key and its id."""
        body: dict[str, Any] = {"kind": kind, "store_id": store}
        if kind == "secret":
            body["scopes"] = list(scopes)
        answer = self.client.post(
            f"{self.query.url}/api/keys", json=body, headers=self.world.headers
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        if store is not None and "ingest" in scopes:
            wait_until(lambda: self._knows(made["key"]), "the gateway to know the key")
        return made["key"], made["data"]["key_id"]

    def _knows(self, key: str) -> bool:
        """Whether the gateway refuses the key because of another store, and not as unknown."""
        answer = self.client.post(
            f"{self.gateway.url}/api/customer-activity",
            json={"store_id": str(uuid4()), "session_id": "s", "activity_type": "search"},
            headers={"x-api-key": key},
        )
        return answer.status_code == 403


@pytest.fixture(scope="module")
def stack(module_world: World) -> Iterator[LiveStack]:
    settings = changed(
        module_world.settings,
        **OPEN | {"gateway_proxy_reads": True},
        gateway_reject_topic_per_second=KEPT_PER_SECOND,
    )
    with ExitStack() as services:
        gateway = services.enter_context(running("gateway", settings))
        services.enter_context(running("agents", settings))
        query = services.enter_context(running("query", settings))
        client = services.enter_context(httpx.Client(timeout=10))
        yield LiveStack(module_world, gateway, query, client)


@pytest.fixture
def store(stack: LiveStack) -> str:
    """A store that no other test knows."""
    return stack.make_store(f"shop-{uuid4().hex[:12]}.example")
