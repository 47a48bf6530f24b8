"""Passing on, with time in hand: silence, clients that stall, and too many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.support import query_stand_in
from tests.support.receiver import Receiver
from tests.support.waiting import wait_until_async

from storepulse.access.key_table import KeyTable
from storepulse.access.rules.needs import READ
from storepulse.adapters.http.asgi import ClientGone
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.gateway.admission import Admission, admission_of
from storepulse.gateway.passing import passages, query_service
from storepulse.gateway.passing.passages import ClientStalled
from storepulse.gateway.passing.query_service import QueryService

Parts = list[dict[str, Any]]


class Client:
    """One request, and what its server is told to send back. `reads` False: it never takes any."""

    def __init__(
        self, service: QueryService, admission: Admission, query: str, *, reads: bool
    ) -> None:
        self.parts: Parts = []
        self.gone = asyncio.Event()
        self._reads = reads
        self._asked = False
        headers = [(b"host", b"127.0.0.1"), (b"x-api-key", b"ssk_x")]
        self._scope = {
            "method": "GET", "path": "/api/delivery/stats", "raw_path": b"/api/delivery/stats",
            "query_string": query.encode(), "headers": headers,
        }  # fmt: skip
        self._call = admission.reader.read(headers, ("127.0.0.1", 1), b"")
        self._service = service

    def start(self) -> asyncio.Task[int]:
        return asyncio.create_task(
            self._service.pass_on(self._scope, self._receive, self._send, self._call, READ)
        )

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.parts.append(message)
        if not self._reads:
            await asyncio.Event().wait()


Make = Callable[..., Client]


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[Receiver, Make]]:
    with Receiver(query_stand_in.answer) as upstream:
        settings = Settings(query_port=upstream.port, rate_limits_enabled=False)
        admission = admission_of(settings, KeyTable())
        service = QueryService(settings, admission)

        def client(query: str = "", *, reads: bool = True) -> Client:
            return Client(service, admission, query, reads=reads)

        yield upstream, client
        await service.close()


async def test_a_silent_query_service_is_504(
    stand_in: tuple[Receiver, Make], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_service, "SILENT_SECONDS", 0.2)
    upstream, client = stand_in
    with pytest.raises(RequestRefused) as refused:
        await client("never").start()
    assert (refused.value.status, refused.value.code) == (504, "QUERY_TIMEOUT")
    await wait_until_async(lambda: not upstream.open, "calm", seconds=5)


async def test_a_query_service_that_is_away_is_503() -> None:
    settings = Settings(query_port=1, rate_limits_enabled=False)
    admission = admission_of(settings, KeyTable())
    service = QueryService(settings, admission)
    with pytest.raises(RequestRefused) as refused:
        await Client(service, admission, "", reads=True).start()
    assert (refused.value.status, refused.value.code) == (503, "QUERY_UNAVAILABLE")
    assert dict(refused.value.headers)[b"retry-after"]
    await service.close()


async def test_a_client_that_takes_nothing_is_cut_off(
    stand_in: tuple[Receiver, Make], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "STALLED_SECONDS", 0.2)
    upstream, client = stand_in
    with pytest.raises(ClientStalled):
        await asyncio.wait_for(client("large", reads=False).start(), 5)
    await wait_until_async(lambda: not upstream.open, "calm", seconds=5)


async def test_a_client_that_leaves_gives_its_connection_back_in_every_phase(
    stand_in: tuple[Receiver, Make],
) -> None:
    upstream, client = stand_in
    for query, reads in (("never", True), ("large", False)):
        leaving = client(query, reads=reads)
        task = leaving.start()
        await wait_until_async(lambda: len(upstream.open) == 1, "a read", seconds=5)
        leaving.gone.set()
        with pytest.raises(ClientGone):
            await asyncio.wait_for(task, 5)
        await wait_until_async(lambda: not upstream.open, "calm", seconds=5)


async def test_who_stalls_gives_way_where_there_are_too_many(
    stand_in: tuple[Receiver, Make], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(passages, "GIVES_WAY_SECONDS", 0.2)
    _, client = stand_in
    stalled = [client("large", reads=False).start() for _ in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(RequestRefused) as refused:
        await client().start()
    assert (refused.value.status, refused.value.code) == (503, "TOO_MANY_READS")
    await asyncio.sleep(0.3)
    assert await client().start() == 200
    done, waiting = await asyncio.wait(stalled, timeout=0.2)
    assert len(done) == 1
    assert isinstance(done.pop().exception(), ClientStalled)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_answer_is_streamed_at_the_clients_speed(
    stand_in: tuple[Receiver, Make],
) -> None:
    _, client = stand_in
    reader = client("large")
    assert await reader.start() == 200
    sizes = [len(part.get("body", b"")) for part in reader.parts]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= 1_000_000
    assert reader.parts[0]["type"] == "http.response.start"
    assert not reader.parts[-1].get("more_body")
