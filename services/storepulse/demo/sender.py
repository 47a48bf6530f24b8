"""Sends visitors' requests: many visitors concurrently, the requests of each strictly in order.

After no answer, 402, 429 or 5xx, the same bytes are sent again, after the time in Retry-After,
until they are accepted or `give_up` seconds have passed. The visitor's later requests wait
meanwhile, so that a repeat can never overtake its first copy.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from storepulse.demo.beacons import BeaconRequest, Visitor
from storepulse.demo.connection import BeaconAnswer, BeaconConnection, NoAnswer, Server
from storepulse.demo.shop_secrets import ShopSecrets
from storepulse.demo.tally import BeaconTally
from storepulse.demo.verdict import RETRIED, complaint

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0

OnAccepted = Callable[[list[dict[str, Any]]], None]


@dataclass
class BeaconSender:
    """One run against one gateway. `on_accepted` gets each accepted request's fresh events."""

    url: str
    on_accepted: OnAccepted
    key: str = ""
    concurrency: int = 32
    rate: float = 0.0
    give_up: float = 60.0
    timeout: float = 15.0
    tally: BeaconTally = field(default_factory=BeaconTally)
    #: Set if the shops have secrets: then they sign.
    secrets: ShopSecrets | None = None
    progress: Callable[[int], None] = lambda _: None
    _due: float = 0.0

    async def send(self, visitors: Iterator[Visitor], until: float | None = None) -> None:
        """Sends everything, or the requests that begin before `until` on the monotonic clock."""
        server = Server.of(self.url)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(
                    self._work(BeaconConnection(server, self.timeout), visitors, until)
                )

    async def _work(
        self, connection: BeaconConnection, visitors: Iterator[Visitor], until: float | None
    ) -> None:
        try:
            for visitor in visitors:
                for request in visitor.requests:
                    if until is not None and time.monotonic() >= until:
                        return
                    await self._pace(len(request.entries))
                    await self._deliver(connection, request)
        finally:
            connection.close()

    async def _pace(self, entries: int) -> None:
        if self.rate <= 0:
            return
        now = time.monotonic()
        self._due = max(self._due, now) + entries / self.rate
        wait = self._due - entries / self.rate - now
        if wait > 0:
            await asyncio.sleep(wait)

    async def _deliver(self, connection: BeaconConnection, request: BeaconRequest) -> None:
        self.tally.requests += 1
        body = request.body()
        headers = self._headers(request, body)
        started_at = time.monotonic()
        wait = FIRST_WAIT_SECONDS
        while True:
            answer: BeaconAnswer | None = None
            try:
                answer = await connection.request(request.path, headers, body)
                if answer.status not in RETRIED:
                    break
                reason = f"{answer.status} {answer.body[:200]!r}"
                if answer.status == 500:
                    self.tally.complain(request, reason)
            except NoAnswer as error:
                reason = f"no answer: {error}"
                self.tally.unanswered += 1
            pause = wait if answer is None else answer.retry_after or wait
            if time.monotonic() + pause - started_at > self.give_up:
                self.tally.count_failed(request, "unknown", reason)
                return
            self.tally.retries += 1
            await asyncio.sleep(pause)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        reason_against = complaint(request, answer)
        if reason_against is not None:
            self.tally.count_failed(request, "unexpected", reason_against)
        else:
            self.tally.count_answered(request)
            self.on_accepted([e.event for e in request.entries if e.outcome == "fresh" and e.event])
        self.progress(request.fresh)

    def _headers(self, request: BeaconRequest, body: bytes) -> str:
        key = f"Authorization: Bearer {self.key}\r\n" if self.key else ""
        if self.secrets is not None and request.proof != "key":
            proofs = self.secrets.headers_of(request, body, time.time())
            key = "".join(f"{name}: {value}\r\n" for name, value in proofs.items())
        return (
            f"Content-Type: {request.content_type}\r\nUser-Agent: {request.user_agent}\r\n"
            f"X-Forwarded-For: {request.ip}\r\n{key}"
        )
