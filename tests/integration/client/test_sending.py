"""Events reach a gateway: batches, tries again, what is kept and what is refused."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.integration.client.stand_in import (
    ACCEPTED,
    KEY,
    accepting,
    events_in,
    failing,
    id_of,
    taken_events,
    taken_ids,
)
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver, refusing_url
from tests.support.waiting import wait_until

from storepulse.client import ClientStats, Problem, Storepulse


@pytest.fixture
def gateway() -> Iterator[Receiver]:
    with Receiver(accepting) as receiver:
        yield receiver


def test_each_stream_goes_to_its_path_in_order(gateway: Receiver) -> None:
    with Storepulse(gateway.url, KEY, store_name="shop.example", store_id="s") as storepulse:
        for number in range(120):
            storepulse.track("page_view", session_id="s-1", metadata={"n": number})
        storepulse.cart_add(42, session_id="s-1", product_title="Mug")
        storepulse.purchase(1001, session_id="s-1", value="49.90", currency="EUR")
        storepulse.user_message(-100, "Hello")
        assert storepulse.flush(20)
        assert storepulse.stats() == ClientStats(123, 0, 0, 0, 0)
    paths = {request.path for request in gateway.requests}
    assert paths == {
        "/api/customer-activity/batch", "/api/cart-tracking/track-batch", "/api/analytics/events",
    }  # fmt: skip
    assert all(len(events_in(request)) <= 100 for request in gateway.requests)
    assert all(request.headers["x-api-key"] == KEY for request in gateway.requests)
    events = taken_events(gateway)
    views = [event for event in events if event.get("activity_type") == "page_view"]
    assert [event["metadata"]["n"] for event in views] == list(range(120))
    (cart,) = [event for event in events if "productId" in event]
    assert cart["storeName"] == "shop.example"
    assert set(cart) == {
        "eventId", "timestamp", "storeId", "productId", "sessionId", "productTitle", "storeName",
    }  # fmt: skip
    (purchase,) = [event for event in events if event.get("activity_type") == "purchase"]
    assert purchase["idempotency_key"] == "purchase:1001"
    assert "event_id" not in purchase


@pytest.mark.parametrize("status", [402, 408, 429, 500, 503])
def test_what_passes_is_sent_again_with_the_same_bytes(gateway: Receiver, status: int) -> None:
    gateway.answer = failing(2, Reply(status, headers={"retry-after": "0"}))
    with Storepulse(gateway.url, KEY) as storepulse:
        event_id = storepulse.track("page_view", session_id="s-1")
        assert storepulse.flush(20)
    assert len(gateway.requests) == 3
    assert len({request.body for request in gateway.requests}) == 1
    assert taken_ids(gateway) == {event_id: 1}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_cannot_pass_is_told_and_dropped(gateway: Receiver, status: int) -> None:
    told: list[Problem] = []
    details = {"field": "key", "reason": "is unknown"}
    gateway.answer = lambda _request: Reply(status, {"message": "No", "details": details})
    with Storepulse(gateway.url, KEY, on_error=told.append) as storepulse:
        event_id = storepulse.track("page_view", session_id="s-1")
        assert storepulse.flush(20)
        assert storepulse.stats() == ClientStats(0, 1, 0, 0, 0)
        gateway.answer = accepting
        later = storepulse.track("page_view", session_id="s-1")
        assert storepulse.flush(20)
    assert [(problem.kind, problem.status, problem.event_ids) for problem in told] == [
        ("refused", status, (event_id,))
    ]
    assert taken_ids(gateway) == {later: 1}


def test_single_events_that_were_refused_are_told(gateway: Receiver) -> None:
    told: list[Problem] = []
    rejected = [{"index": 1, "field": "currency", "reason": "is none"}]
    gateway.answer = lambda _request: Reply(202, {"accepted": 1, "rejected": rejected})
    with Storepulse(gateway.url, KEY, on_error=told.append) as storepulse:
        storepulse.track("page_view", session_id="s-1")
        bad = storepulse.track("page_view", session_id="s-1", currency="XXX")
        assert storepulse.flush(20)
        assert storepulse.stats() == ClientStats(1, 1, 0, 0, 0)
    assert told == [Problem("refused", "currency: is none", 1, (str(bad),), 202)]


def test_a_batch_that_is_too_large_is_sent_in_halves(gateway: Receiver) -> None:
    def answer(request: Request) -> Reply:
        return Reply(413) if len(events_in(request)) > 3 else ACCEPTED

    gateway.answer = answer
    with Storepulse(gateway.url, KEY) as storepulse:
        ids = [storepulse.track("page_view", session_id="s-1") for _ in range(10)]
        assert storepulse.flush(20)
    assert [id_of(event) for event in taken_events(gateway)] == ids


def test_large_events_fit_requests(gateway: Receiver) -> None:
    with Storepulse(gateway.url, KEY) as storepulse:
        ids = [
            storepulse.track("page_view", session_id="s-1", metadata={"a": "ä" * 25_000})
            for _ in range(12)
        ]
        assert storepulse.flush(20)
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert max(len(request.body) for request in gateway.requests) <= 262_144


def tries_of_two(gateway: Receiver, retry_after: str) -> list[Request]:
    """What one event is sent by, which is told to come later at first."""
    before = len(gateway.requests)
    gateway.answer = failing(1, Reply(429, headers={"retry-after": retry_after}))
    with Storepulse(gateway.url, KEY) as storepulse:
        storepulse.track("page_view", session_id="s-1")
        # Whoever flushes does not shorten what the gateway asks for.
        assert storepulse.flush(30)
    tries = gateway.requests[before:]
    assert len(tries) == 2
    return tries


def test_retry_after_is_obeyed_as_seconds(gateway: Receiver) -> None:
    first, second = tries_of_two(gateway, "1")
    assert second.at - first.at >= 1


def test_retry_after_is_obeyed_as_date(gateway: Receiver) -> None:
    """A date has whole seconds, so what counts is that the second try is not before it."""
    date = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    _, second = tries_of_two(gateway, format_datetime(date, usegmt=True))
    sent_at = int(parse_qs(urlsplit(second.target).query)["sent_at"][0])
    assert sent_at >= date.timestamp() * 1000 - 1


def test_a_gateway_that_comes_back_gets_everything() -> None:
    told: list[Problem] = []
    with refusing_url() as url:
        storepulse = Storepulse(url, KEY, on_error=told.append, longest_wait=0.2)
        ids = [storepulse.track("page_view", session_id="s-1") for _ in range(30)]
        wait_until(lambda: told, "that it is away")
        assert not storepulse.flush(0.1)
        assert storepulse.stats().waiting == 30
        port = int(url.rpartition(":")[2])
    with Receiver(accepting, port=port) as gateway, storepulse:
        assert storepulse.flush(30)
        assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert {problem.kind for problem in told} == {"unreachable"}


def test_a_gateway_that_hangs_costs_the_caller_nothing(gateway: Receiver) -> None:
    gateway.answer = lambda _request: Reply(after=None)
    storepulse = Storepulse(gateway.url, KEY, most_events=1_000)
    storepulse.track("page_view", session_id="s-1")
    wait_until(lambda: gateway.requests, "the request that hangs")
    began = time.thread_time()
    ids = [storepulse.track("page_view", session_id="s-1") for _ in range(3_000)]
    spent = time.thread_time() - began
    assert spent / 3_000 < 200e-6
    assert ids.count(None) == 2_001
    began = time.monotonic()
    assert not storepulse.close(0.2)
    assert time.monotonic() - began < 5


def test_a_full_queue_drops_the_newest_and_counts_them(gateway: Receiver) -> None:
    told: list[Problem] = []
    gateway.answer = lambda _request: Reply(503)
    storepulse = Storepulse(gateway.url, KEY, most_events=50, on_error=told.append)
    ids = [storepulse.track("page_view", session_id="s-1") for _ in range(80)]
    kept = [event_id for event_id in ids if event_id]
    assert kept == ids[: len(kept)]
    assert 50 <= len(kept) <= 52
    assert storepulse.stats().dropped == 80 - len(kept)
    gateway.answer = accepting
    with storepulse:
        assert storepulse.flush(30)
    assert taken_ids(gateway) == dict.fromkeys(kept, 1)
    full = [problem.events for problem in told if problem.kind == "queue_full"]
    assert sum(full) == 80 - len(kept)


def wait_for_threads_end() -> None:
    """Until no client's thread runs any more."""
    wait_until(
        lambda: all(thread.name != "storepulse" for thread in threading.enumerate()),
        "the thread's end",
        seconds=20,
    )


def test_a_thousand_threads_share_one(gateway: Receiver) -> None:
    storepulse = Storepulse(gateway.url, KEY)
    ids: list[str | None] = []
    barrier = threading.Barrier(1_000)

    def visit() -> None:
        barrier.wait()
        ids.extend(storepulse.track("page_view", session_id="s-1") for _ in range(5))

    threads = [threading.Thread(target=visit) for _ in range(1_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with storepulse:
        assert storepulse.flush(60)
        assert storepulse.stats() == ClientStats(5_000, 0, 0, 0, 0)
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    wait_for_threads_end()


def test_it_outlives_event_loops(gateway: Receiver) -> None:
    storepulse = Storepulse(gateway.url, KEY)

    async def visit() -> str | None:
        return storepulse.track("page_view", session_id="s-1")

    ids = [asyncio.run(visit()) for _ in range(3)]
    with storepulse:
        assert storepulse.flush(20)
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)


def test_a_client_that_is_forgotten_sends_what_it_has(gateway: Receiver) -> None:
    storepulse = Storepulse(gateway.url, KEY)
    event_id = storepulse.track("page_view", session_id="s-1")
    del storepulse
    wait_until(lambda: taken_ids(gateway) == {event_id: 1}, "the event", seconds=20)
    wait_for_threads_end()


def test_closed_is_closed(gateway: Receiver) -> None:
    storepulse = Storepulse(gateway.url, KEY)
    storepulse.track("page_view", session_id="s-1")
    assert storepulse.close(20)
    assert storepulse.close()
    assert storepulse.flush(1)
    assert storepulse.track("page_view", session_id="s-1") is None
    assert storepulse.stats() == ClientStats(1, 0, 1, 0, 0)


def test_a_callback_that_fails_or_calls_back_harms_nothing(
    gateway: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(problem: Problem) -> None:
        storepulse.track("problem", session_id="s-1", metadata={"kind": problem.kind})
        raise RuntimeError(problem.kind)

    gateway.answer = failing(1, Reply(400))
    with caplog.at_level(logging.WARNING, "storepulse.client"):
        storepulse = Storepulse(gateway.url, KEY, on_error=fail)
        storepulse.track("page_view", session_id="s-1")
        wait_until(lambda: len(taken_events(gateway)) == 1, "the callback's event", seconds=20)
        assert storepulse.close(20)
    assert [record.message for record in caplog.records] == [
        "refused: answered 400: no reason (logged once)",
        "on_error raised RuntimeError: refused (logged once)",
    ]
