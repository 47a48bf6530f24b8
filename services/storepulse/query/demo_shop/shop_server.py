"""The shop's server while it runs: its keys, its client, and its reads of the API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from storepulse.adapters.clock import system_clock
from storepulse.adapters.logging import logger
from storepulse.adapters.plain_httpx import httpx
from storepulse.adapters.postgres.pool import ThreadPool
from storepulse.adapters.settings import Settings
from storepulse.client import Storepulse
from storepulse.query.demo_shop import journey
from storepulse.query.demo_shop.opening import DOMAIN, OpenShop, open_shop
from storepulse.query.demo_shop.page_slots import ShopPage, own_page, page_told
from storepulse.query.demo_shop.visitor import ShopVisitor

LOOPBACK = "127.0.0.1"
#: How long to wait for a gateway that is starting or does not know the new key yet.
KNOWN_SECONDS = 10.0
RETRY_SECONDS = 0.2
LATEST = 100
#: How long a page waits for its slots; the gateway itself waits half a second for Kafka.
PAGE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page request. `preview`: the token of a preview of a variant."""

    page_type: str
    slug: str
    visitor: ShopVisitor | None
    agent: str
    preview: str


class ShopServer:
    """Opens the shop once; earlier requests wait. `writes`: connections that may write."""

    def __init__(self, settings: Settings, writes: ThreadPool) -> None:
        self._settings = settings
        self._writes = writes
        self._gateway = f"http://{LOOPBACK}:{settings.gateway_port}"
        self._api = httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{settings.query_port}", timeout=5.0, trust_env=False
        )
        self._opening: asyncio.Task[OpenShop] | None = None
        self._client: Storepulse | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._client is not None:
            await asyncio.to_thread(self._client.close)
        await self._api.aclose()

    async def shop(self) -> OpenShop:
        """The shop, opened by the first caller. Raises Transient, Rejected."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def client(self) -> Storepulse:
        """The client of the shop's server. Raises as `shop` does."""
        shop = await self.shop()
        if self._client is None:
            self._client = Storepulse(
                self._gateway, shop.secret_key, store_id=str(shop.store_id), store_name=DOMAIN
            )
        return self._client

    async def rows_of(self, visitor: ShopVisitor) -> list[dict[str, Any]]:
        """The stored events of a visit, of every stream, newest first."""
        shop = await self.shop()
        found = await asyncio.gather(
            *(self._rows(shop, stream, visitor) for stream in journey.STREAMS)
        )
        events = [event for events in found for event in events]
        return sorted(events, key=lambda event: str(event["occurred_at"]), reverse=True)

    async def read(self, path: str) -> Any:
        """The API's answer to the shop's key. Raises httpx.HTTPError."""
        shop = await self.shop()
        answer = await self._api.get(path, headers={"authorization": f"Bearer {shop.secret_key}"})
        answer.raise_for_status()
        return answer.json()

    async def tests(self) -> list[dict[str, Any]]:
        """The store's running tests, as the gateway lists them; empty if it does not answer."""
        shop = await self.shop()
        try:
            answer = await self._api.get(f"{self._gateway}/api/ab-testing/active/{shop.store_id}")
            answer.raise_for_status()
        except httpx.HTTPError:
            return []  # The front page is shown as without a test.
        found: list[dict[str, Any]] = answer.json()["data"]["tests"]
        return found

    async def page(self, asked: AskedPage) -> ShopPage:
        """A page with its visitor's variants, which are exposed to the visitor; the shop's own page
        if the gateway refuses or does not answer in time."""
        shop, visitor = await self.shop(), asked.visitor
        said = {"store_id": str(shop.store_id), "user_agent": asked.agent}
        if asked.preview:
            said["preview"] = asked.preview
        elif visitor is not None:
            said |= {"visitor_id": visitor.visitor_id, "session_id": visitor.session_id}
        path = f"{self._gateway}/api/page-config/{asked.page_type}/{asked.slug}"
        key = {"authorization": f"Bearer {shop.secret_key}"}
        try:
            answer = await self._api.get(path, params=said, headers=key, timeout=PAGE_SECONDS)
            answer.raise_for_status()
            return page_told(asked.page_type, asked.slug, answer.json()["data"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return own_page(asked.page_type, asked.slug)

    async def _rows(
        self, shop: OpenShop, stream: str, visitor: ShopVisitor
    ) -> list[dict[str, Any]]:
        # Usage belongs to the store; the shop's server writes the session into its metadata.
        is_usage = stream == "usage"
        who = {} if is_usage else {"session_id": visitor.session_id}
        asked = httpx.QueryParams(store_id=str(shop.store_id), limit=LATEST, **who)
        rows = (await self.read(f"/api/streams/{stream}/events?{asked}"))["data"]
        if is_usage:
            session = {"session_id": visitor.session_id}
            rows = [row for row in rows if row["metadata"] == session]
        return journey.events_of(stream, rows)

    async def _open(self) -> OpenShop:
        port = self._settings.query_port
        origins = [f"http://{host}:{port}" for host in (LOOPBACK, "localhost")]
        shop = await self._writes.run(lambda c: open_shop(c, system_clock(), origins))
        await self._wait_until_known(shop)
        logger().info("demo_shop_open", store_id=str(shop.store_id), path="/demo")
        return shop

    async def _wait_until_known(self, shop: OpenShop) -> None:
        """Wait until the gateway knows the shop's key; until then it would refuse events."""
        path = f"{self._gateway}/v1/projects/{shop.publishable_key}/settings"
        deadline = asyncio.get_running_loop().time() + KNOWN_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            try:
                if (await self._api.get(path)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # The gateway is starting.
            await asyncio.sleep(RETRY_SECONDS)
