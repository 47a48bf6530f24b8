"""An order's purchase at vendors: sent once, by whichever event, whatever becomes of the first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.delivery.line import RECEIVED_AT, Line
from tests.support.http_messages import Reply, Request
from tests.support.ingest_records import NOW_MS, event_id
from tests.support.receiver import Receiver
from tests.support.vendors import Google, Meta

from storepulse.dead_letters.requeue import resend
from storepulse.destinations.rules.model import Destination

NOW = RECEIVED_AT + timedelta(minutes=1)
RETRIES = {"retry_seconds": (0.1, 0.1)}


def purchase(order: str | None = "1001", **fields: Any) -> dict[str, Any]:
    """Fields of a purchase that both vendors take."""
    return {
        "activity_type": "purchase", "order_id": order,
        "value": "10.00", "currency": "EUR", "visitor_id": "v-1",
        "consent_marketing": "granted", **fields,
    }  # fmt: skip


class Vendors:
    """Both vendors behind one server, with a destination of each."""

    def __init__(self, line: Line, **fields: Any) -> None:
        line.clock.ahead = NOW - datetime.now(UTC)
        self.line = line
        self.google, self.meta = Google(NOW), Meta(NOW)
        self.fields: dict[str, Any] = {**RETRIES, **fields}

    def __call__(self, request: Request) -> Reply:
        return (self.google if "/mp/" in request.path else self.meta)(request)

    def add_destinations(self, url: str) -> list[Destination]:
        streams = frozenset({"activity"})
        ga = self.line.destination(
            "ga", "", kind="ga4", streams=streams, secrets={"api_secret": ["secret"]},
            config={"measurement_id": "G-ABC123", "endpoint": url}, **self.fields,
        )  # fmt: skip
        return [ga, self.add_meta(url)]

    def add_meta(self, url: str, streams: frozenset[str] = frozenset({"activity"})) -> Destination:
        return self.line.destination(
            "meta", "", kind="meta_capi", streams=streams,
            secrets={"access_token": ["token"]},
            config={"pixel_id": self.meta.pixel, "endpoint": f"{url}/v23.0"}, **self.fields,
        )  # fmt: skip

    @property
    def sent_to_meta(self) -> list[str]:
        """Ids of all purchases in requests to Meta, repeats among them."""
        return [event["event_id"] for body in self.meta.requests for event in body["data"]]


@contextmanager
def vendors_of(line: Line, **fields: Any) -> Iterator[tuple[Vendors, str]]:
    vendors = Vendors(line, **fields)
    with Receiver(vendors) as server:
        yield vendors, server.url


def reasons(line: Line, destination: Destination) -> dict[str, tuple[str, str]]:
    """Status and reason of each delivery."""
    rows = line.rows(
        "SELECT event_id::text, status, last_error FROM deliveries WHERE destination_id = %s",
        destination.destination_id,
    )
    return {event: (status, why) for event, status, why in rows}


async def settle(line: Line, destination: Destination, **statuses: int) -> None:
    await line.wait_for(lambda: line.statuses(destination) == statuses, f"{statuses}")


@pytest.mark.parametrize("batch_events", [1, 25])
async def test_one_of_several_events_of_an_order_is_sent_to_each_vendor(
    line: Line, batch_events: int
) -> None:
    with vendors_of(line, batch_events=batch_events) as (vendors, url):
        destinations = vendors.add_destinations(url)
        for destination in destinations:
            line.queue(destination, [1, 2, 3], **purchase())
            line.queue(destination, [4], **purchase(" 1002 "))
            line.queue(destination, [5], **purchase(None))
            line.queue(destination, [6], **{**purchase(), "activity_type": "page_view"})
        async with AsyncExitStack() as stack:
            # Two processes, each with requests of its own under way.
            for seed in (1, 2):
                await stack.enter_async_context(line.process(seed=seed))
            for destination in destinations:
                await settle(line, destination, sent=4, skipped=2)
    transactions = [e["params"].get("transaction_id") for _, e in vendors.google.kept]
    assert sorted(filter(None, transactions)) == ["1001", "1002", event_id(5)]
    assert sorted(vendors.sent_to_meta) == sorted(
        ["purchase:1001", "purchase:1002", event_id(5), event_id(6)]
    )
    for destination in destinations:
        ended = reasons(line, destination)
        (sender,) = (e for e in (event_id(n) for n in (1, 2, 3)) if ended[e][0] == "sent")
        left_out = {why for status, why in ended.values() if status == "skipped"}
        assert left_out == {f"the order's purchase is sent once, by event {sender}"}
    assert line.rows("SELECT 1 FROM dead_letters") == []


@pytest.mark.parametrize("told", ["450", "#1001", "1001"])
async def test_a_shops_order_is_the_one_that_a_tracker_told_by_either_number(
    line: Line, told: str
) -> None:
    shops = purchase("450") | {"order_name": "#1001", "event_type": "paid", "source": "server"}
    del shops["activity_type"]
    with vendors_of(line, batch_events=1) as (vendors, url):
        destination = vendors.add_meta(url, frozenset({"activity", "order"}))
        line.queue(destination, [1], **purchase(told))
        async with line.process():
            await settle(line, destination, sent=1)
            line.queue(destination, [2], stream="order", **shops)
            await settle(line, destination, sent=1, skipped=1)
            line.queue(
                destination,
                [3],
                stream="order",
                **shops | {"order_id": "451", "order_name": "#1002"},
            )
            line.queue(destination, [4], **purchase("1002"))
            await settle(line, destination, sent=2, skipped=2)
    assert reasons(line, destination)[event_id(2)][1].endswith(event_id(1))
    assert line.rows("SELECT order_id FROM purchase_claims WHERE event_id = %s", event_id(2)) == []


async def test_webhooks_get_every_event_of_an_order(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, batch_events=5)
    ids = line.queue(destination, [1, 2, 3], **purchase())
    async with line.process():
        await settle(line, destination, sent=3)
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert line.rows("SELECT 1 FROM purchase_claims") == []


@pytest.mark.parametrize("is_together", [True, False])
async def test_where_the_first_one_fails_another_one_is_sent(
    line: Line, *, is_together: bool
) -> None:
    with vendors_of(line, batch_events=25) as (vendors, url):
        destination = vendors.add_meta(url)
        # Meta dislikes the first one; the second says nothing of money, which Meta would refuse.
        line.queue(destination, [1], **purchase(product_name="forbidden", product_id="p"))
        async with line.process():
            if not is_together:
                await settle(line, destination, failed=1)
            line.queue(destination, [2], **purchase(value=None, currency=None))
            if not is_together:
                await settle(line, destination, failed=2)
            line.queue(destination, [3, 4], **purchase())
            await settle(line, destination, failed=2, sent=1, skipped=1)
    assert list(vendors.meta.kept) == [("Purchase", "purchase:1001")]
    ((holder,),) = line.rows("SELECT event_id::text FROM purchase_claims")
    assert reasons(line, destination)[holder][0] == "sent"
    letters = line.rows("SELECT event_id::text FROM dead_letters")
    assert sorted(letters) == sorted([(event_id(1),), (event_id(2),)])


async def test_skipped_purchases_come_back_when_the_first_fails_at_a_later_attempt(
    line: Line,
) -> None:
    with vendors_of(line, retry_seconds=(60.0, 60.0)) as (vendors, url):
        destination = vendors.add_meta(url)
        vendors.meta.fault = (503, {"code": 2, "message": "away"})
        line.queue(destination, [1], **purchase(product_name="forbidden", product_id="p"))
        async with line.process():
            await until_retried(line, 1)
            line.queue(destination, [2], **purchase())
            await settle(line, destination, pending=1, skipped=1)
            line.clock.move(80)
            await until_retried(line, 2)
            vendors.meta.fault = None
            line.clock.move(80)
            await settle(line, destination, failed=1, sent=1)
    assert list(vendors.meta.kept) == [("Purchase", "purchase:1001")]
    assert _with(line, "sent") == {event_id(2)}


async def until_retried(line: Line, attempts: int) -> None:
    """Waits until the one batch that is under way waits for its next attempt."""
    query = "SELECT attempts FROM delivery_batches WHERE status = 'pending' AND claimed_by IS NULL"
    await line.wait_for(lambda: line.rows(query) == [(attempts,)], f"attempt {attempts}")


def _with(line: Line, status: str) -> set[str]:
    rows = line.rows("SELECT event_id::text FROM deliveries WHERE status = %s", status)
    return {event for (event,) in rows}


async def test_an_event_that_must_not_be_sent_keeps_no_order(line: Line) -> None:
    with vendors_of(line) as (vendors, url):
        destination = vendors.add_meta(url)
        line.queue(destination, [1], **purchase(consent_marketing="denied"))
        line.queue(destination, [2], **purchase(occurred_at=NOW_MS - 8 * 86_400_000))
        line.queue(destination, [3], **purchase())
        async with line.process():
            await settle(line, destination, sent=1, skipped=2)
    assert vendors.sent_to_meta == ["purchase:1001"]


async def test_a_claim_is_given_up_where_its_event_may_not_be_sent_any_more(line: Line) -> None:
    with vendors_of(line, retry_seconds=(60.0, 60.0)) as (vendors, url):
        destination = vendors.add_meta(url)
        vendors.meta.fault = (503, {"code": 2, "message": "away"})
        line.queue(destination, [1], **purchase())
        async with line.process():
            await until_retried(line, 1)
            line.queue(destination, [2], **purchase(consent_analytics="granted"))
            await settle(line, destination, pending=1, skipped=1)
            line.change("meta", consent=frozenset({"analytics"}))
            await asyncio.sleep(1.5)  # Senders read destinations once a second.
            vendors.meta.fault = None
            line.clock.move(80)
            await settle(line, destination, sent=1, skipped=1)
    assert _with(line, "sent") == {event_id(2)}
    assert vendors.sent_to_meta == ["purchase:1001"]


async def test_resent_purchases(line: Line) -> None:
    with vendors_of(line) as (vendors, url):
        destination = vendors.add_meta(url)

        def send_again(n: int, *statuses: str) -> int:
            with line.world.connect() as connection:
                return resend(
                    connection, UUID(destination.destination_id),
                    event_ids=[UUID(event_id(n))], statuses=statuses, actor="a test",
                    now=line.clock(),
                )  # fmt: skip

        line.queue(destination, [1], **purchase(product_name="forbidden", product_id="p"))
        async with line.process():
            await settle(line, destination, failed=1)
            line.queue(destination, [2, 3], **purchase())
            await settle(line, destination, failed=1, sent=1, skipped=1)
            (sent,) = _with(line, "sent")
            (skipped,) = (n for n in (2, 3) if event_id(n) != sent)
            # The order is another event's by now, also for one that failed; its letter is closed.
            assert send_again(1, "failed") == 1
            await settle(line, destination, sent=1, skipped=2)
            assert line.rows("SELECT status FROM dead_letters") == [("discarded",)]
            assert send_again(skipped, "failed") == 0
            assert send_again(skipped, "skipped") == 1
            await settle(line, destination, sent=1, skipped=2)
            assert send_again(5 - skipped, "sent") == 1
            await line.wait_for(lambda: len(vendors.sent_to_meta) == 3, "sent again")
            await settle(line, destination, sent=1, skipped=2)
    # The one that failed, the one that was sent, and that one again.
    assert vendors.sent_to_meta == ["purchase:1001"] * 3


async def test_streams_that_the_destination_does_not_name_are_skipped(line: Line) -> None:
    with vendors_of(line) as (vendors, url):
        destination = vendors.add_meta(url)
        line.change("meta", streams=frozenset({"landing"}))
        # Queued before that, or by a replay.
        line.queue(destination, [1], **purchase())
        async with line.process():
            await settle(line, destination, skipped=1)
    assert vendors.meta.requests == []
    assert reasons(line, destination)[event_id(1)][1] == (
        "the destination does not name the stream activity"
    )
