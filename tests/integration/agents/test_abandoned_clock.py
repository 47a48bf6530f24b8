"""Carts that were left behind are told once, by the clock that the test sets."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, STORE, Record, record
from tests.support.kafka_records import records_of
from tests.support.table_comparison import compare_tables

from storepulse.agents import abandoned_clock
from storepulse.agents.abandoned_clock import AbandonedClock
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.emails import email_hash
from storepulse.domain.errors import Transient
from storepulse.exactness.ingest_records import event_of
from storepulse.exactness.model.events import moment
from storepulse.slices.publisher import SlicePublisher

MINUTE, HOUR = 60_000, 3_600_000
NOW = moment(NOW_MS)
_numbers = itertools.count(1)


class Shop:
    """A session of a store, and the clock that tells of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.session = f"s-{uuid.uuid4().hex}"
        self.now = NOW
        self.records: list[tuple[str, Record]] = []
        self.offsets = {
            name: itertools.count() for name in ("activity", "cart", "landing", "order")
        }
        self.topic = load_catalog(bench.world.settings.topic_prefix).ingest("activity")
        self.clock = self.another_clock()

    def another_clock(self, publisher: Any = None) -> AbandonedClock:
        settings = self.bench.world.settings_of("agents")
        make: Callable[[], Any] = partial(SlicePublisher, settings, "carts")
        if publisher is not None:
            make = lambda: publisher  # noqa: E731
        return AbandonedClock(
            settings.dsn, self.topic, make, lambda: self.now, lambda _connection, now: now
        )

    def tell(self, stream: str, at: int = NOW_MS, **fields: Any) -> str:
        """Applies an event; its id. It is received when it happens."""
        said = {
            "event_id": str(uuid.uuid4()), "session_id": self.session, "occurred_at": at,
            "received_at": at,
        } | fields  # fmt: skip
        self.apply(stream, record(stream, next(_numbers), **said))
        return str(said["event_id"])

    def apply(self, stream: str, *records: Record) -> None:
        for each in records:
            # A stream has a topic of its own; here, a partition.
            partition = list(self.offsets).index(stream)
            self.bench.write(stream, [each], next(self.offsets[stream]), partition)
            self.records.append((stream, each))

    def act(self, kind: str, at: int = NOW_MS, **fields: Any) -> str:
        return self.tell("activity", at, activity_type=kind, **fields)

    def after(self, minutes: float) -> list[dict[str, Any]]:
        """Moves the clock to so many minutes after noon and looks; the session's events so far."""
        self.now = NOW + timedelta(minutes=minutes)
        self.clock.tell_due()
        return self.told()

    def told_records(self) -> list[Record]:
        found = records_of(
            self.bench.world.settings, self.topic, lambda m: m.key() == self.session.encode()
        )
        return [Record(m.key(), m.value(), m.headers() or []) for m in found]

    def told(self) -> list[dict[str, Any]]:
        events = [event_of("activity", each.key, each.value) for each in self.told_records()]
        return [event for event in events if event is not None]

    def set_minutes(self, minutes: Any) -> None:
        self.bench.run(
            "INSERT INTO stores (store_id, settings) VALUES (%s, jsonb_build_object("
            " 'abandoned_minutes', %s::int)) ON CONFLICT (store_id) DO UPDATE"
            " SET settings = EXCLUDED.settings",
            STORE,
            minutes,
        )


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return Shop(bench)


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["name"] for event in events]


def test_a_cart_is_told_once_when_its_time_has_come(shop: Shop) -> None:
    step = shop.act("add_to_cart", visitor_id="v-1", consent_marketing="granted")
    assert shop.after(59.9) == []
    (event,) = shop.after(60)
    assert event["name"] == "cart_abandoned"
    assert event["metadata"].find(step) > 0
    assert (event["occurred_at"], event["received_at"]) == (NOW + timedelta(hours=1),) * 2
    assert (event["consent_marketing"], event["visitor_id"]) == ("granted", "v-1")
    assert len(shop.after(61)) == len(shop.after(24 * 60)) == 1
    row = "SELECT due_at, abandoned_at, abandoned_type, abandoned_event_id::text FROM session_carts"
    assert shop.bench.rows(row) == [
        (None, NOW + timedelta(hours=1), "cart_abandoned", event["event_id"])
    ]


def test_the_cart_stream_makes_carts_too(shop: Shop) -> None:
    shop.tell("cart", customer_email="Jane@example.com", email_hash=email_hash("jane@example.com"))
    shop.tell("cart", session_id=None)
    (event,) = shop.after(60)
    assert event["email_hash"] == email_hash("jane@example.com")


def test_the_event_lists_what_is_left_in_the_cart(shop: Shop) -> None:
    shop.act("add_to_cart", NOW_MS - HOUR, product_id="bought", value="5", currency="EUR")
    shop.act("purchase", NOW_MS - HOUR // 2)
    shop.act("add_to_cart", NOW_MS - 3, product_id="p-1", quantity=3, value="9", currency="EUR")
    shop.act("remove_from_cart", NOW_MS - 2, product_id="p-1", quantity=1)
    shop.tell("cart", NOW_MS - 1, product_id="p-1")
    (event,) = shop.after(60)
    assert (event["quantity"], event["value"], event["currency"]) == (2, 6, "EUR")
    assert '"product_id":"p-1","quantity":2' in event["metadata"].replace('"name":"Mug",', "")
    assert "bought" not in event["metadata"]


def test_an_emptied_cart_is_not_told(shop: Shop) -> None:
    shop.act("add_to_cart", product_id="p-1")
    shop.act("remove_from_cart", NOW_MS + 1, product_id="p-1")
    assert shop.after(60) == []


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize(("stream", "kind"), [("activity", "purchase"), ("landing", "Purchase")])
def test_a_purchase_cancels_in_any_order(
    shop: Shop, stream: str, kind: str, *, is_late: bool
) -> None:
    field = "activity_type" if stream == "activity" else "event_type"
    steps = [
        partial(shop.act, "add_to_cart"),
        partial(shop.tell, stream, NOW_MS + MINUTE, **{field: kind}),
    ]
    for step in reversed(steps) if is_late else steps:
        step()
    assert shop.after(90) == []
    shop.act("add_to_cart", NOW_MS + 2 * MINUTE)
    assert names(shop.after(122)) == ["cart_abandoned"]


@pytest.mark.parametrize(
    ("cart", "order"),
    [
        ({}, {}),
        ({"visitor_id": "v-7"}, {"session_id": "s-another", "visitor_id": "v-7"}),
        ({"customer_id": "c-7"}, {"session_id": None, "customer_id": "c-7"}),
        ({"email_hash": "a" * 64}, {"session_id": None, "email_hash": "a" * 64}),
    ],
)
def test_an_order_of_the_session_or_person_cancels(
    shop: Shop, cart: dict[str, Any], order: dict[str, Any]
) -> None:
    shop.act("add_to_cart", **cart)
    shop.tell("order", NOW_MS - MINUTE, event_type="created", source="server", **order)
    assert shop.after(60) == []


def test_an_order_of_somebody_else_or_of_before_does_not(shop: Shop) -> None:
    shop.act("add_to_cart", visitor_id="v-8", customer_id="c-8")
    shop.tell("order", event_type="paid", order_id="1", session_id="s-x", visitor_id="v-9")
    shop.tell(
        "order", NOW_MS - HOUR, event_type="paid", order_id="2", session_id="s-y",
        customer_id="c-8",
    )  # fmt: skip
    assert len(shop.after(60)) == 1


def test_who_a_visitor_is_was_told_elsewhere(shop: Shop) -> None:
    known = email_hash("known@example.com")
    shop.act("page_view", NOW_MS - HOUR, session_id="s-login", visitor_id="v-5", email_hash=known)
    shop.act("page_view", NOW_MS - HOUR, session_id="s-other", email_hash=known, customer_id="c-5")
    shop.act("add_to_cart", visitor_id="v-5")
    (event,) = shop.after(60)
    assert (event["email_hash"], event["customer_id"]) == (known, "c-5")


def test_a_begun_checkout_is_told_instead_of_the_cart(shop: Shop) -> None:
    shop.act("add_to_cart")
    shop.act("checkout_start", NOW_MS + 5 * MINUTE)
    assert shop.after(64) == []
    assert names(shop.after(65)) == ["checkout_abandoned"]
    shop.act("checkout_start", NOW_MS + 70 * MINUTE, session_id=shop.session)
    assert names(shop.after(130)) == ["checkout_abandoned"] * 2


def test_late_events_tell_nothing_twice(shop: Shop) -> None:
    shop.act("add_to_cart", NOW_MS)
    assert len(shop.after(60)) == 1
    # Both happened before the last step.
    shop.act("add_to_cart", NOW_MS - MINUTE, received_at=NOW_MS + 61 * MINUTE)
    shop.act("checkout_start", NOW_MS - 1, received_at=NOW_MS + 61 * MINUTE)
    assert len(shop.after(180)) == 1
    # One that is newer is another abandonment.
    shop.act("add_to_cart", NOW_MS + 1, received_at=NOW_MS + 61 * MINUTE)
    assert len(shop.after(120)) == 1
    found = shop.after(121)
    assert names(found) == ["cart_abandoned", "checkout_abandoned"]
    assert len({event["event_id"] for event in found}) == 2


def test_a_browsers_clock_that_runs_ahead_does_not_hide_the_purchase(shop: Shop) -> None:
    shop.act("add_to_cart", NOW_MS + 20 * HOUR, received_at=NOW_MS)
    shop.act("purchase", NOW_MS + MINUTE)
    assert shop.after(60) == shop.after(24 * 60) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"is_bot": True},
        {"source": "import"},
        {"source": "replay"},
        {"occurred_at": NOW_MS - 24 * HOUR - 1},
    ],
)
def test_robots_copies_and_old_events_make_no_carts(shop: Shop, fields: dict[str, Any]) -> None:
    shop.act("add_to_cart", **fields)
    assert shop.after(60) == []
    assert shop.bench.rows("SELECT count(*)::int FROM session_carts") == [(0,)]


def test_what_should_have_been_told_a_day_ago_is_not(shop: Shop) -> None:
    shop.act("add_to_cart")
    assert shop.after(24 * 60 + 0.1) == []
    assert shop.bench.rows("SELECT due_at FROM session_carts") == [(None,)]


def test_a_store_chooses_the_delay(shop: Shop) -> None:
    shop.set_minutes(1)
    shop.act("add_to_cart")
    assert len(shop.after(1)) == 1
    shop.set_minutes(0)
    shop.act("add_to_cart", NOW_MS + MINUTE)
    assert len(shop.after(600)) == 1
    assert shop.bench.rows("SELECT due_at FROM session_carts") == [(None,)]


def test_a_longer_delay_and_none_hold_at_once(shop: Shop) -> None:
    shop.act("add_to_cart")
    shop.set_minutes(120)
    assert shop.after(60) == []
    assert len(shop.after(120)) == 1
    shop.act("add_to_cart", NOW_MS + 121 * MINUTE)
    shop.set_minutes(0)
    assert len(shop.after(600)) == 1


def test_the_default_is_the_same_in_the_database(shop: Shop) -> None:
    from storepulse.domain.store_settings import DEFAULTS

    query = "SELECT abandoned_delay(s) FROM (VALUES ('{}'), (NULL), (%s), (%s)) v (t), LATERAL"
    found = shop.bench.rows(
        f"{query} (SELECT t::jsonb AS s) j",
        '{"abandoned_minutes": "odd"}',
        '{"abandoned_minutes": 99999}',
    )
    assert {row[0] for row in found} == {timedelta(minutes=DEFAULTS.abandoned_minutes)}


class Lost:
    """A broker that never answers, or a process that ends once it has."""

    def __init__(self, publisher: SlicePublisher, *, has_published: bool) -> None:
        self._publisher, self._has_published = publisher, has_published

    def publish(self, topic: str, partition: int, records: Any) -> None:
        if self._has_published:
            self._publisher.publish(topic, partition, records)
            self._publisher.wait()

    def wait(self) -> None:
        raise Transient("Kafka: lost")


@pytest.mark.parametrize("has_published", [False, True])
def test_what_was_published_and_not_marked_is_one_event(shop: Shop, *, has_published: bool) -> None:
    shop.act("add_to_cart")
    shop.now = NOW + timedelta(hours=1)
    publisher = SlicePublisher(shop.bench.world.settings_of("agents"), "carts")
    with pytest.raises(Transient):
        shop.another_clock(Lost(publisher, has_published=has_published)).tell_due()
    found = shop.after(61)
    assert len(found) == 1 + has_published
    assert len({event["event_id"] for event in found}) == 1
    assert len({event["content_crc"] for event in found}) == 1
    shop.apply("activity", *shop.told_records())
    counts = shop.bench.counts()
    assert (counts["applied"], counts["duplicate"], counts["conflict"]) == (
        2,
        int(has_published),
        0,
    )


def test_two_workers_share_the_carts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abandoned_clock, "GROUP_CARTS", 3)
    sessions = [f"{shop.session}-{n}" for n in range(40)]
    for session in sessions:
        shop.act("add_to_cart", session_id=session)
    shop.now = NOW + timedelta(hours=1)
    clocks = [shop.clock, shop.another_clock(), shop.another_clock()]
    threads = [threading.Thread(target=clock.tell_due) for clock in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    keys = records_of(
        shop.bench.world.settings, shop.topic, lambda m: (m.key() or b"").decode() in sessions
    )
    assert sorted(m.key().decode() for m in keys) == sorted(sessions)
    assert all(0 <= clock.overdue_seconds() < 30 for clock in clocks)


def test_derived_events_are_events_and_nothing_that_somebody_did(shop: Shop) -> None:
    shop.act("page_view", visitor_id="v-1", customer_id="c-1", page_url="https://shop.example/")
    shop.act("add_to_cart", NOW_MS + 1, visitor_id="v-1", email_hash="b" * 64)
    shop.tell("cart", NOW_MS + 2, session_id=f"{shop.session}-cart", visitor_id="v-2")
    assert len(shop.after(61)) == 1
    shop.apply("activity", *shop.told_records())
    # The same name from a browser is what a shop calls an event of its own.
    shop.act("custom", NOW_MS + 2 * HOUR, name="cart_abandoned", source="tracker")
    assert shop.bench.rows("SELECT events::int FROM sessions ORDER BY 1") == [(1,), (2,)]
    assert shop.bench.rows("SELECT count(*)::int FROM customer_activity") == [(4,)]
    with shop.bench.world.connect() as connection:
        events = [e for e in map(_event, shop.records) if e is not None]
        differences = compare_tables(connection, events)
        assert not differences, str(differences)
    derived = "SELECT events::int FROM activity_hourly WHERE activity_type = 'custom' ORDER BY hour"
    assert shop.bench.rows(derived) == [(1,), (1,)]


def _event(each: tuple[str, Record]) -> dict[str, Any] | None:
    stream, told = each
    event = event_of(stream, told.key, told.value)
    if event is None:
        return None
    times = {
        name: value
        for name, value in event.items()
        if isinstance(value, datetime)
    }  # fmt: skip
    milliseconds = {name: round(at.timestamp() * 1000) for name, at in times.items()}
    return {**event, "stream": stream, **milliseconds}


def test_the_schema_that_is_written_is_todays(shop: Shop) -> None:
    shop.act("add_to_cart")
    shop.after(60)
    (told,) = shop.told_records()
    assert (told.value or b"").startswith(schema_of("activity").header)
