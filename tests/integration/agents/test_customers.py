"""Customers and people: the same tables in whatever order, slices and copies events come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
from psycopg.rows import dict_row
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, record

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents import transaction
from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.domain.emails import email_hash
from storepulse.exactness.model import comparison
from storepulse.exactness.model.customers import customer_tables
from storepulse.exactness.model.people import people_tables
from storepulse.slices import writer
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
    """Of each table of customers and people, the rows that are not as the model has them."""
    wanted = customer_tables(events) | people_tables(events)
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


class Export:
    """A copy of a store's customers, kept as a reader of the export keeps one."""

    def __init__(self, bench: Bench, store: str, horizon: float) -> None:
        self.copy: dict[UUID, Any] = {}
        self._bench = bench
        self._asked = {"store_id": store, "horizon": horizon, "updated_at_max": None, "skipped": 0}
        self._since: Any = None

    def walk(self) -> None:
        """Takes what changed since the last walk, in pages of two."""
        asked = self._asked | {"updated_at_min": self._since, "after": None, "after_id": None}
        while rows := self._rows(asked | {"count": 2}):
            self.copy |= {row["id"]: row for row in rows}
            self._since = rows[-1]["updated_at"]
            asked |= {"after": self._since, "after_id": rows[-1]["id"]}

    def now(self) -> dict[UUID, Any]:
        """All customers as they are."""
        asked = {"updated_at_min": None, "after": None, "after_id": None, "count": 500}
        return {row["id"]: row for row in self._rows(self._asked | asked | {"horizon": -60})}

    def _rows(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        with (
            self._bench.world.connect() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            rows: list[dict[str, Any]] = cursor.execute(
                named_sql("query/customers")["page"], asked, prepare=False
            ).fetchall()
            return rows


def silent_changes(before: dict[UUID, Any], after: dict[UUID, Any]) -> list[tuple[Any, Any]]:
    """Rows that say something new with the time of something old."""
    return [
        (row, after[key])
        for key, row in before.items()
        if row | {"updated_at": None} != after[key] | {"updated_at": None}
        and row["updated_at"] >= after[key]["updated_at"]
    ]


def test_whatever_changes_a_customer_moves_its_time(bench: Bench) -> None:
    seed = Random().randrange(2**32)
    print("seed", seed)
    store = str(uuid5(_STORES, "moved"))
    export, before = Export(bench, store, 0), {}
    with workers(bench, 1) as (worker,):
        for number in range(30):
            event = any_event(Random(seed + number), 3000 + number)
            worker.write(event["stream"], [written(event, store)])
            after = export.now()
            assert silent_changes(before, after) == [], f"seed {seed}"
            before = after
    assert len(before) > 3


class Pauses:
    """Holds slices before their commit, each until it is let go, once `begin` was called.

    Their sessions may be idle for as long as that takes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.released = [threading.Event() for _ in range(3)]
        self._reached = [threading.Event() for _ in range(3)]
        self._count: int | None = None
        monkeypatch.setattr(transaction, "reach", self._reach)
        monkeypatch.setattr(writer, "_SESSION", replace(writer._SESSION, idle_seconds=60))

    def begin(self) -> None:
        self._count = 0

    def wait_for(self, number: int) -> None:
        assert self._reached[number].wait(30)

    def _reach(self, place: str) -> None:
        if place == "agents.after_rows" and self._count is not None:
            number = self._count
            self._count += 1
            self._reached[number].set()
            assert self.released[number].wait(30)


@pytest.mark.parametrize("stream", ["cart", "landing"])
def test_whoever_adds_to_a_customer_meets_whoever_moves_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """An address gets an owner while another stream tells of it, or of its visitor: what the latter
    adds is the owner's."""
    store, address = str(uuid5(_STORES, f"met {stream}")), "jo@example.com"
    bought = {"event_type": "Purchase", "order_id": "1", "value": "5", "currency": "EUR"}
    known = told("activity", 4000, visitor_id="v-1", email_hash=email_hash(address))
    moved = told("activity", 4001, email_hash=email_hash(address), customer_id="7")
    added = {
        "cart": told("cart", 4002, customer_email=address, customer_first_name="Jo"),
        "landing": told("landing", 4002, visitor_id="v-1", **bought),
    }[stream]
    export, pauses = Export(bench, store, 0), Pauses(monkeypatch)
    with workers(bench, 2) as (one, other), ThreadPoolExecutor(2) as pool:
        one.write("activity", [written(known, store)])
        other.write(stream, [written(told(stream, 4003), store)])
        pauses.begin()
        moving = pool.submit(one.write, "activity", [written(moved, store)])
        pauses.wait_for(0)
        adding = pool.submit(other.write, stream, [written(added, store)])
        wait([adding], 1)
        pauses.released[0].set()
        moving.result(30)
        pauses.wait_for(1)
        before = export.now()
        pauses.released[1].set()
        adding.result(30)
    after = export.now()
    assert silent_changes(before, after) == []
    (owner,) = (row for row in after.values() if row["value"] == "7")
    assert (owner["first_name"], owner["orders_count"]) == {
        "cart": ("Jo", 0), "landing": (None, 1),
    }[stream]  # fmt: skip


def test_a_walk_leaves_out_what_may_still_be_joined(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that began first and ends last: the walk between has not passed it by."""
    store, horizon = str(uuid5(_STORES, "left out")), 5.0
    export, pauses = Export(bench, store, horizon), Pauses(monkeypatch)
    pauses.released[1].set()
    with workers(bench, 2) as (one, other), ThreadPoolExecutor(1) as pool:
        one.write("landing", [written(told("landing", 5000), store)])
        other.write("activity", [written(told("activity", 5001), store)])
        # Of today: who changes a day that is over waits for others who do.
        today = dict.fromkeys(("occurred_at", "received_at"), int(time.time() * 1000))
        first = told("landing", 5002, customer_id="1", session_id="s-2", **today)
        last = told("activity", 5003, customer_id="2", **today)
        pauses.begin()
        lingering = pool.submit(one.write, "landing", [written(first, store)])
        pauses.wait_for(0)
        other.write("activity", [written(last, store)])
        export.walk()
        pauses.released[0].set()
        lingering.result(20)
    time.sleep(horizon)
    export.walk()
    assert sorted(row["value"] for row in export.copy.values()) == ["1", "2"]


@pytest.mark.long
def test_walks_bring_every_change_while_workers_write(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, horizon = Random().randrange(2**32), 4.0
    print("seed", seed)
    store = str(uuid5(_STORES, "walked"))
    export, events = Export(bench, store, horizon), []
    for person in range(12):
        who = {"visitor_id": f"v-{person}", "email_hash": email_hash(f"{person}@example.com")}
        bought = {"activity_type": "purchase", "order_id": str(person), "value": "5"}
        events += [
            told("activity", 6000 + 4 * person, **who),
            told("activity", 6001 + 4 * person, **who, customer_id=str(person + 1)),
            told("activity", 6002 + 4 * person, **bought, visitor_id=f"v-{person}"),
            told("activity", 6003 + 4 * person, **bought, customer_id=str(person + 2)),
        ]
    Random(seed).shuffle(events)
    lingering = Random(seed)
    monkeypatch.setattr(transaction, "reach", lambda _: time.sleep(lingering.uniform(0, 0.03)))

    def work(worker: Worker) -> None:
        for start in range(worker.number, len(events), 2):
            worker.write("activity", [written(events[start], store)])

    with workers(bench, 2) as both, ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(work, worker) for worker in both]
        while not all(done.done() for done in writing):
            export.walk()
        for done in writing:
            done.result(60)
    time.sleep(horizon)
    export.walk()
    assert export.copy == export.now(), f"seed {seed}"
