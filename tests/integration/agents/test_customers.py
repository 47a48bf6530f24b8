"""Customers: the same tables in whatever order, slices and copies events come, and by whom."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, record

from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.domain.emails import email_hash
from storepulse.exactness.model import comparison
from storepulse.exactness.model.customers import customer_tables
from storepulse.slices.ledger import SourcePartition

Event = dict[str, Any]
STREAMS = ("activity", "landing", "cart")
MINUTE = 60_000
_STORES = UUID("7c4e2f70-0000-4000-8000-000000000000")
_EMAILS = ("Jane@example.com", "bo@example.com", "ÉVA@example.com")
_FIELDS = (
    "visitor_id", "customer_id", "email_hash", "order_id", "campaign_id", "customer_first_name",
    "customer_last_name", "customer_email",
)  # fmt: skip


def told(stream: str, number: int, **fields: Any) -> Event:
    """An event by the fields that the model reads."""
    kind = {"activity": {"activity_type": "custom", "name": "identify"}, "cart": {}}
    event: Event = dict.fromkeys(_FIELDS) | kind.get(stream, {"event_type": "PageView"}) | {
        "stream": stream, "event_id": str(uuid5(_STORES, f"event {number}")), "session_id": "s-1",
        "occurred_at": NOW_MS, "source": "tracker", "is_bot": False,
    } | fields  # fmt: skip
    if event["customer_email"]:
        event["email_hash"] = email_hash(event["customer_email"])
    return event


def any_event(random: Random, number: int) -> Event:
    """Of a few people who share devices and addresses, told by anyone, with or without an order."""
    stream = random.choice(STREAMS)
    maybe = lambda *values: random.choice((None, *values))  # noqa: E731
    email = maybe(*_EMAILS)
    own: dict[str, Any] = {}
    if stream == "cart":
        own = {
            "customer_email": email, "customer_first_name": maybe("Jane", "Bo"),
            "customer_last_name": maybe("Doe"),
        }  # fmt: skip
    else:
        kinds = ("purchase", "page_view", "custom")
        if stream == "landing":
            kinds, own = ("Purchase", "PageView", "Custom"), {"campaign_id": maybe("fall", "1200")}
        own |= {
            "activity_type" if stream == "activity" else "event_type": random.choice(kinds),
            "customer_id": maybe("7", "8", "guest"), "order_id": maybe("1001", "1002", "1003"),
        }  # fmt: skip
        if stream == "activity":
            own["email_hash"] = email and email_hash(email)
    return told(
        stream, number, **own,
        visitor_id=maybe("v-1", "v-2", "v-3", "undefined"), is_bot=random.random() < 0.15,
        source=random.choice(("tracker", "server")),
        occurred_at=NOW_MS - random.randrange(6) * MINUTE,
    )  # fmt: skip


def written(event: Event, store: str) -> Any:
    names = {name: value for name, value in event.items() if name != "stream"}
    return record(event["stream"], **names | {"store_id": store})


@dataclass
class Worker:
    """One agent's process: its own connections, and a partition of each stream."""

    bench: Bench
    number: int
    offsets: dict[str, int] = field(default_factory=dict)
    writers: dict[str, Any] = field(default_factory=dict)

    def write(self, stream: str, records: Sequence[Any]) -> None:
        if stream not in self.writers:
            self.writers[stream] = self.bench.another_writer(stream)
        offset = self.offsets.get(stream, 0)
        self.offsets[stream] = offset + len(records)
        topic = f"{self.bench.topic}.{stream}"
        piece = replace(self.bench.slice(records, offset, self.number), topic=topic)
        source = SourcePartition("group", topic, f"id of {topic}", self.number)
        self.writers[stream].write(prepare(piece, schema_of(stream)), source, self.bench.broker)


@contextmanager
def workers(bench: Bench, count: int) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        made = [Worker(bench, number) for number in range(count)]
        for worker in made:
            stack.callback(lambda w=worker: [writer.close() for writer in w.writers.values()])
        yield made


def slices_of(random: Random, events: list[Event], store: str) -> list[tuple[str, list[Any]]]:
    """Shuffled, some twice, cut anywhere."""
    copies = [*events, *random.sample(events, len(events) // 3)]
    random.shuffle(copies)
    pieces = []
    while copies:
        size = random.choice((1, 2, 5, len(copies)))
        piece, copies = copies[:size], copies[size:]
        for stream in STREAMS:
            records = [written(event, store) for event in piece if event["stream"] == stream]
            if records:
                pieces.append((stream, records))
    return pieces


def differences(bench: Bench, events: list[Event]) -> list[str]:
    """Of each table of customers, the rows that are not as the model has them."""
    wanted = customer_tables(events)
    with bench.world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        found = comparison.stored_tables(connection)
    return [
        f"{name} {key}: {found[name].get(key)} instead of {wanted[name].get(key)}"
        for name in wanted
        for key in wanted[name].keys() | found[name].keys()
        if wanted[name].get(key) != found[name].get(key)
    ]


def at_store(events: list[Event], store: str) -> list[Event]:
    return [{**event, "store_id": store} for event in events]


@pytest.mark.parametrize("turn", range(3))
def test_any_order_slices_and_copies_of_events_end_alike(bench: Bench, turn: int) -> None:
    seed = Random().randrange(2**32)
    print("seed", seed)
    random = Random(seed)
    events = [any_event(random, 100 * turn + number) for number in range(30)]
    everywhere = []
    with workers(bench, 2) as both:
        for name in ("one", "other"):
            store = str(uuid5(_STORES, f"{name} {turn}"))
            everywhere += at_store(events, store)
            for stream, records in slices_of(random, events, store):
                random.choice(both).write(stream, records)
    assert differences(bench, everywhere) == [], f"seed {seed}"


@pytest.mark.parametrize("turn", range(2))
def test_two_workers_at_once_end_as_one_does(bench: Bench, turn: int) -> None:
    seed = Random().randrange(2**32)
    print("seed", seed)
    events = [any_event(Random(seed + number), 1000 + number) for number in range(40)]
    store = str(uuid5(_STORES, f"shared {turn}"))
    shares = [slices_of(Random(seed + share), events, store) for share in (1, 2)]
    together = min(map(len, shares))
    begin = threading.Barrier(2)

    def work(worker: Worker, pieces: list[tuple[str, list[Any]]]) -> None:
        for number, (stream, records) in enumerate(pieces):
            if number < together:
                begin.wait(20)
            worker.write(stream, records)

    with workers(bench, 2) as both, ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, *pair) for pair in zip(both, shares, strict=True)]:
            done.result(60)
    assert differences(bench, at_store(events, store)) == [], f"seed {seed}"
