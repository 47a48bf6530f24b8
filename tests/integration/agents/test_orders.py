"""Orders and what was bought: the same tables in whatever order and slices purchases come."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
from tests.integration.agents.slices import Bench, Places
from tests.support.ingest_records import NOW_MS, record

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.exactness.model import comparison
from storepulse.exactness.model.orders import order_tables
from storepulse.streams.order_numbers import bare_number

Event = dict[str, Any]
HOUR = 3_600_000
_STORES = UUID("0d1f6a0c-0000-4000-8000-000000000000")
STREAMS = ("activity", "landing", "order")
_OWN = {
    "activity": ("product_id", "product_name", "quantity", "email_hash"),
    "landing": ("landing_page_id", "campaign_id"),
    "order": (
        "email_hash",
        "landing_page_id",
        "campaign_id",
        "order_name",
        "ordered_at",
        "channel",
        "refunded",
        "refund_id",
        "refund_value",
    ),
}
#: Its lines are the products that purchases name by themselves.
NEVER_LISTED = "Zz"
_LISTS = (
    '[{"product_id":"p-1","quantity":2,"price":"9.5"}]',
    (
        '[{"product_id":"p-1","name":"Mug","quantity":1,"price":"10"},'
        '{"product_id":"p-1","name":"Mug, large","quantity":1,"price":"12.5"},'
        '{"product_id":"p \\"2\\"","name":"a\\\\b","quantity":0,"price":"0"}]'
    ),
    '[{"product_id":"p-3","quantity":2147483647,"price":"99999999999.9999"}]',
)

_RETURNED = '[{"product_id":"p-1","quantity":1,"price":"10"}]'


def purchase(stream: str, number: int, **fields: Any) -> Event:
    """A purchase by the fields that the model reads."""
    kind = {
        "activity": {"activity_type": "purchase"},
        "landing": {"event_type": "Purchase"},
        "order": {"event_type": "paid"},
    }[stream]
    shared = ("visitor_id", "order_id", "items", "value", "currency", "customer_id")
    return dict.fromkeys((*shared, *_OWN[stream])) | kind | {
        "stream": stream, "event_id": str(uuid5(_STORES, f"event {number}")), "session_id": "s-1",
        "occurred_at": NOW_MS, "source": "tracker", "is_bot": False,
    } | ({"landing_page_id": "lp_1"} if stream == "landing" else {}) | fields  # fmt: skip


def any_telling(random: Random, number: int) -> Event:
    """A purchase by anyone, or what the shop says of an order."""
    return (any_word_of_the_shop if random.random() < 0.4 else any_purchase)(random, number)


#: Orders of the shop by all of their numbers. The shop says of two that they have the same name,
#: and of one that it has the number of another.
_SHOPS = (
    ("450", "#1001"), ("450", "1001"), ("gid://shopify/Order/450", "#1001"), ("450", None),
    ("77", "#1001"), ("88", "#450"), ("1001", None), ("#1001", None), (NEVER_LISTED, "#Zz"),
    ("99", NEVER_LISTED), ("99", "null"),
)  # fmt: skip


def any_word_of_the_shop(random: Random, number: int) -> Event:
    """Of one of a few orders: what became of it, under any of its numbers, complete or not."""
    maybe = lambda *values: random.choice((None, *values))  # noqa: E731
    order, name = random.choice(_SHOPS)
    kind = random.choice(("created", "paid", "paid", "refunded", "cancelled"))
    if kind == "cancelled" and random.random() < 0.7:
        kind = "created"
    at = NOW_MS + random.choice((-30, -12, -7, -6, 0)) * HOUR + random.choice((0, 0, 1))
    own: dict[str, Any] = {"value": maybe("49.9", "60")}
    if kind == "refunded" and random.random() < 0.7:
        own |= {"refund_id": random.choice(("r-1", "r-2"))}
        own |= {"refund_value": random.choice((Decimal(5), Decimal("7.5")))}
    elif kind == "refunded":
        own |= {"refunded": random.choice((Decimal(3), Decimal(30)))}
    if NEVER_LISTED not in (order, name) and (kind != "refunded" or "refund_id" in own):
        own["items"] = maybe(*_LISTS)
    return purchase(
        "order", number, event_type=kind, order_id=bare_number(order), order_name=name, **own,
        ordered_at=maybe(at, at - 20 * HOUR, at - 400 * HOUR, at + HOUR),
        channel=maybe("web", "pos"), currency=maybe("EUR", "EUR", "USD"),
        campaign_id=maybe("c", "d"), landing_page_id=maybe("lp_2"), occurred_at=at,
        customer_id=maybe("c-1", "c-2"), session_id=maybe("s-1"), source="server",
        email_hash=maybe("a" * 64), is_bot=random.random() < 0.2,
    )  # fmt: skip


def any_purchase(random: Random, number: int) -> Event:
    """Of a few orders or of none, told by anyone, complete or not, within a night."""
    stream = random.choice(("activity", "landing"))
    order = random.choice(
        (None, "#1001", "1001", "450", 'ä "2\n"', NEVER_LISTED, "99", "undefined", "#")
    )
    maybe = lambda *values: random.choice((None, *values))  # noqa: E731
    own = {
        "product_id": maybe("p-1", "p-2", "p-3"), "product_name": maybe("Mug", "Cup", "Äpfel"),
        "quantity": maybe(0, 3), "email_hash": maybe("a" * 64, "b" * 64),
    } if stream == "activity" else {
        "landing_page_id": random.choice(("lp_1", "lp_2")), "campaign_id": maybe("c"),
    }  # fmt: skip
    return purchase(
        stream, number, **own,
        order_id=order, items=None if order in (NEVER_LISTED, "99") else maybe(None, *_LISTS),
        value=maybe("49.9", "0", "12.3456"),
        currency=maybe("EUR", "USD"), visitor_id=maybe("v-1", "v-2"),
        customer_id=maybe("c-1", "c-2"), session_id=random.choice(("s-1", "s-2")),
        is_bot=random.random() < 0.4,
        source=random.choice(("tracker", "tracker", "server", "import")),
        occurred_at=NOW_MS + random.choice((-30, -12, -7, -6, 0)) * HOUR + random.choice((0, 0, 1)),
    )  # fmt: skip


def written(event: Event, store: str) -> Any:
    fields = {k: v for k, v in event.items() if k != "stream"}
    return record(event["stream"], **fields | {"store_id": store})


@dataclass
class Worker:
    """One agent's process: its own connections, and a partition for each stream."""

    bench: Bench
    partition: int
    offsets: dict[str, int] = field(default_factory=dict)
    writers: dict[str, Any] = field(default_factory=dict)

    def write(self, stream: str, records: Sequence[Any]) -> None:
        if stream not in self.writers:
            self.writers[stream] = self.bench.another_writer(stream)
        offset = self.offsets.get(stream, 0)
        self.offsets[stream] = offset + len(records)
        piece = self.bench.slice(records, offset, self.partition)
        source = replace(self.bench.source(self.partition), topic=stream, topic_id=stream)
        self.writers[stream].write(prepare(piece, schema_of(stream)), source, self.bench.broker)


@contextmanager
def workers(bench: Bench, count: int) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        made = [Worker(bench, partition) for partition in range(count)]
        for worker in made:
            stack.callback(lambda w=worker: [writer.close() for writer in w.writers.values()])
        yield made


def slices_of(random: Random, events: list[Event], store: str) -> list[tuple[str, list[Any]]]:
    """Shuffled, some twice, cut anywhere."""
    told = [*events, *random.sample(events, len(events) // 3)]
    random.shuffle(told)
    pieces = []
    while told:
        size = random.choice((1, 2, 5, len(told)))
        piece, told = told[:size], told[size:]
        for stream in STREAMS:
            records = [written(e, store) for e in piece if e["stream"] == stream]
            if records:
                pieces.append((stream, records))
    return pieces


def differences(bench: Bench, events: list[Event]) -> list[str]:
    """Of each table of purchases, the rows that are not as the model has them."""
    wanted = order_tables(events)
    with bench.world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        found = comparison.stored_tables(connection)
    return [
        f"{name} {key}: {found[name].get(key)} instead of {wanted[name].get(key)}"
        for name in wanted
        for key in wanted[name].keys() | found[name].keys()
        if wanted[name].get(key) != found[name].get(key)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_any_order_slices_and_copies_of_purchases_end_alike(bench: Bench, seed: int) -> None:
    random = Random(seed)
    events = [any_telling(random, number) for number in range(24)]
    everywhere = []
    with workers(bench, 2) as (one, other):
        for turn in range(2):
            store = str(uuid5(_STORES, f"store {turn}"))
            everywhere += [{**event, "store_id": store} for event in events]
            for stream, records in slices_of(random, events, store):
                random.choice((one, other)).write(stream, records)
    assert differences(bench, everywhere) == [], f"seed {seed}"


def test_an_order_has_a_hundred_products_at_most_without_a_list(bench: Bench) -> None:
    random, store = Random(3), str(uuid5(_STORES, "long"))
    events = [
        purchase("activity", 500 + number, order_id="1", product_id=f"p-{number % 104}",
                 quantity=number, occurred_at=NOW_MS + random.choice((0, 1, 2)))
        for number in range(130)
    ]  # fmt: skip
    with workers(bench, 1) as (worker,):
        for stream, records in slices_of(random, events, store):
            worker.write(stream, records)
    assert differences(bench, [{**event, "store_id": store} for event in events]) == []
    assert bench.rows("SELECT count(*) FROM order_lines") == [(100,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE order_lines SET units = units + 1",
        "UPDATE order_lines SET day = day - 1",
        "UPDATE order_lines SET is_bot = NOT is_bot",
        "DELETE FROM order_lines WHERE order_id = 'listed'",
        "UPDATE orders SET status = 'cancelled'",
    ],
)
def test_the_audit_finds_lines_that_are_not_their_orders(bench: Bench, change: str) -> None:
    store = str(uuid5(_STORES, "audited"))
    events = [
        purchase("activity", 900, order_id="listed", items=_LISTS[1], currency="EUR"),
        purchase("activity", 901, order_id="single", product_id="p-1"),
    ]
    with workers(bench, 1) as (worker,):
        worker.write("activity", [written(event, store) for event in events])
    query = named_sql("streams/activity/audit")["order_lines"].text
    assert bench.rows(query) == []
    bench.run(change)
    assert bench.rows(query)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM orders",
        "UPDATE orders SET status = 'created'",
        "UPDATE orders SET seen_at = NULL",
        "UPDATE order_tellings SET counted_at = counted_at - interval '1 day'",
        "UPDATE order_tellings SET order_id = 'another'",
    ],
)
def test_the_audit_finds_orders_that_are_not_what_was_told(bench: Bench, change: str) -> None:
    store = str(uuid5(_STORES, "told"))
    events = [purchase("activity", 910, order_id="#7"), purchase("order", 911, order_id="7")]
    with workers(bench, 1) as (worker,):
        for event in events:
            worker.write(event["stream"], [written(event, store)])
    query = named_sql("streams/order/audit")["orders"].text
    assert bench.rows(query) == []
    bench.run(change)
    assert bench.rows(query)


def test_two_refunds_count_both_and_again_but_once(bench: Bench) -> None:
    store = str(uuid5(_STORES, "refunded"))
    paid = purchase("order", 920, order_id="5", value="50", currency="EUR", items=_LISTS[1])
    one, two = (
        purchase("order", 921 + n, event_type="refunded", order_id="5", refund_id=f"r-{n}",
                 refund_value=Decimal(5), currency="EUR", items=_RETURNED, source="server")
        for n in range(2)
    )  # fmt: skip
    told_again = {**one, "event_id": str(uuid5(_STORES, "event 930"))}
    with workers(bench, 1) as (worker,):
        for events in ([two], [paid, one], [told_again, two]):
            worker.write("order", [written(event, store) for event in events])
    assert bench.rows("SELECT status::text, amount, refunded FROM orders") == [
        ("refunded", Decimal(50), Decimal(10))
    ]
    lines = "SELECT units, revenue FROM order_lines WHERE product_id = 'p-1'"
    assert bench.rows(lines) == [(0, Decimal("2.5"))]


@pytest.mark.parametrize("seed", range(3))
def test_two_workers_at_once_end_as_one_does(bench: Bench, seed: int) -> None:
    random = Random(seed)
    events = [any_telling(random, 1000 + number) for number in range(40)]
    store = str(uuid5(_STORES, f"shared {seed}"))
    shares = [slices_of(Random(f"{seed} {share}"), events, store) for share in (1, 2)]
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
    assert differences(bench, [{**event, "store_id": store} for event in events]) == []


def test_who_tells_of_an_order_sees_what_another_told_by_its_other_number(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = str(uuid5(_STORES, "met"))
    shops: dict[str, Any] = {"order_id": "450", "session_id": None, "source": "server"}
    named = purchase("order", 940, order_name="#1001", **shops)
    seen = purchase("activity", 941, order_id="1001", session_id="s-2", product_id="p-1")
    told = purchase("order", 942, value=Decimal(60), **shops)
    is_written, may_commit = threading.Event(), threading.Event()

    def pause() -> None:
        is_written.set()
        may_commit.wait(20)

    with workers(bench, 2) as (one, other), ThreadPoolExecutor(2) as pool:
        one.write("order", [written(named, store)])
        other.write("order", [written(purchase("order", 943, order_id="9"), store)])
        Places(monkeypatch, "agents.after_rows", pause)
        first = pool.submit(one.write, "activity", [written(seen, store)])
        assert is_written.wait(20)
        second = pool.submit(other.write, "order", [written(told, store)])
        # It waits for the first one, which it cannot know to be under way.
        wait([second], timeout=1.5)
        may_commit.set()
        first.result(30)
        second.result(30)
    nine = purchase("order", 943, order_id="9")
    everything = [named, seen, told, nine]
    assert differences(bench, [{**event, "store_id": store} for event in everything]) == []
