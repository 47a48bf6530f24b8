"""Sessions and funnel: however events arrive, the tables are those of one sorted slice."""

from __future__ import annotations

import random
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED
from tests.support.ingest_records import NOW_MS, STORE, event_id, record
from tests.support.table_comparison import compare_tables

from storepulse.exactness.model.events import moment

MINUTE = 60_000
HOUR = 60 * MINUTE
KINDS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase", "search")
RUNS = 60
SESSIONS_A_RUN = 5
REFERRERS = (
    None, None, "https://a.example/x", "https://me:pw@WWW.b.example:80/", "https://s.example/",
    "https://[::1]/x",
)  # fmt: skip
PAGES = (
    None, None, "https://s.example/a", "https://www.s.example/b?utm_sourcery=x",
    "https://s.example?utm_source=News&utm_medium=E%2DMail&utm_campaign=M%C3%BCller+Co&utm_term=t",
    "https://s.example/c?x=1&utm_campaign=spring&utm_content=#utm_term=no",
)  # fmt: skip


class Events:
    """Events with ids of their own, as records and as the recomputation takes them."""

    def __init__(self) -> None:
        self.number = 0
        self.listed: list[dict[str, Any]] = []

    def add(self, session: str, at: int, **fields: Any) -> dict[str, Any]:
        self.number += 1
        event = {
            "n": self.number, "stream": "activity", "store_id": STORE, "session_id": session,
            "event_id": event_id(self.number), "occurred_at": NOW_MS + at,
            "activity_type": "page_view", "page_url": f"https://s.example/{self.number}",
            "referrer": None, "visitor_id": None,
            "is_bot": False, "product_id": None, "product_name": None, "search_query": None,
            "quantity": None, "value": None, "currency": None,
        } | fields  # fmt: skip
        self.listed.append(event)
        return event


def to_record(event: dict[str, Any]) -> Any:
    fields = {k: v for k, v in event.items() if k not in ("n", "stream", "event_id")}
    return record("activity", event["n"], **fields)


def spans(bench: Bench) -> list[tuple[timedelta, timedelta, int]]:
    """Begin and end of each session after NOW, and how many events it has."""
    found = bench.rows("SELECT started_at, ended_at, events::int FROM sessions ORDER BY 1")
    now = moment(NOW_MS)
    return [(start - now, end - now, events) for start, end, events in found]


def write(bench: Bench, *slices: list[int]) -> None:
    events, offset = Events(), 0
    for moments in slices:
        records = [to_record(events.add("s-1", at)) for at in moments]
        bench.write("activity", records, offset)
        offset += len(records)


def span(first: int, last: int, events: int) -> tuple[timedelta, timedelta, int]:
    return timedelta(milliseconds=first), timedelta(milliseconds=last), events


def test_fifty_minutes_apart_are_two_sessions(bench: Bench) -> None:
    write(bench, [0, 50 * MINUTE])
    assert spans(bench) == [span(0, 0, 1), span(50 * MINUTE, 50 * MINUTE, 1)]


def test_a_late_event_between_joins_two_sessions(bench: Bench) -> None:
    write(bench, [0], [50 * MINUTE], [25 * MINUTE])
    assert spans(bench) == [span(0, 50 * MINUTE, 3)]


def test_thirty_minutes_join_and_one_millisecond_more_does_not(bench: Bench) -> None:
    write(bench, [0], [30 * MINUTE], [60 * MINUTE + 1])
    assert spans(bench) == [span(0, 30 * MINUTE, 2), span(60 * MINUTE + 1, 60 * MINUTE + 1, 1)]


@pytest.mark.parametrize("step", [8, 56, 1_000])
@pytest.mark.parametrize("order", ["forwards", "backwards", "from the middle"])
def test_a_session_is_never_cut(bench: Bench, step: int, order: str) -> None:
    moments = [n * 20 * MINUTE for n in range(24 * 3 * 2 + 10)]
    if order == "backwards":
        moments.reverse()
    elif order == "from the middle":
        moments = moments[60:] + moments[:60]
    write(bench, *(moments[n : n + step] for n in range(0, len(moments), step)))
    assert spans(bench) == [span(0, 153 * 20 * MINUTE, 154)]


def test_sessions_that_the_funnel_has_are_not_counted_again(bench: Bench) -> None:
    """Many at once: with few rows PostgreSQL joins them in an order that hides the mistake."""
    steps = [("page_view", 0), ("product_view", 1)]
    for turn in range(3):
        records = [
            record(
                "activity", turn * 1_000 + n * 2 + place, session_id=f"s-{n}", activity_type=step
            )
            for n in range(200)
            for step, place in steps
        ]
        bench.write("activity", records, turn * len(records))
        query = "SELECT step, sessions::int FROM funnel_daily ORDER BY step"
        assert bench.rows(query) == [(0, 200), (1, 200)]
    assert bench.rows("SELECT sum(sessions)::int, sum(bounces)::int FROM sessions_daily") == [
        (200, 0)
    ]


def generated(rng: random.Random) -> list[dict[str, Any]]:
    """Events of a few sessions, some of them near the limits, some long, in any order."""
    events = Events()
    for number in range(SESSIONS_A_RUN):
        at = rng.randrange(0, HOUR)
        long = rng.random() < 0.3
        for _ in range(rng.randint(60, 110) if long else rng.randint(1, 12)):
            events.add(
                f"s-{number}",
                at,
                activity_type=rng.choice(KINDS),
                visitor_id=rng.choice([None, "v-1", "v-2"]),
                referrer=rng.choice(REFERRERS),
                page_url=rng.choice(PAGES),
                country=rng.choice([None, "DE", "FR"]),
                is_bot=rng.random() < 0.03,
            )
            pauses = [0, 1, 29 * MINUTE, 30 * MINUTE] + (
                [] if long else [30 * MINUTE + 1, 3 * HOUR]
            )
            at += rng.choice(pauses)
    shuffled = list(events.listed)
    how = rng.random()
    if how < 0.6:
        rng.shuffle(shuffled)
    elif how < 0.8:
        # Mostly in order, as it happens: some come late.
        shuffled.sort(
            key=lambda e: e["occurred_at"] + rng.choice([0, 0, 0, 40 * MINUTE, 26 * HOUR])
        )
    return shuffled


@pytest.mark.parametrize("batch", range(4))
def test_any_order_and_any_slices_give_the_tables_of_one_sorted_slice(
    bench: Bench, batch: int
) -> None:
    for run in range(batch * RUNS // 4, (batch + 1) * RUNS // 4):
        print(f"TEST_SEED={SEED}, run {run}")
        rng = random.Random(SEED * 1_000 + run)
        bench.begin()
        if run % 3 == 0:
            bench.run(
                "INSERT INTO stores (store_id, domain, settings) VALUES (%s, %s, %s)",
                STORE,
                rng.choice(["a.example", "www.b.example"]),
                '{"page_patterns": ["/*"]}',
            )
        events, offset = generated(rng), 0
        while offset < len(events):
            part = events[offset : offset + rng.choice([1, 3, 20, 60, 200])]
            bench.write("activity", [to_record(e) for e in part], offset)
            offset += len(part)
        with bench.world.connect() as connection:
            differences = compare_tables(connection, events)
        assert not differences, f"run {run}:\n{differences}"


def test_a_session_over_midnight_counts_whole_on_its_first_day(bench: Bench) -> None:
    steps = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
    minutes = (-10, -6, -4, -1, 2)
    midnight = 86_400_000 - NOW_MS % 86_400_000
    events = Events()
    for step, minute in zip(steps, minutes, strict=True):
        events.add("s-1", midnight + minute * MINUTE, activity_type=step)
    # The purchase first: its day is not the session's.
    for offset, event in enumerate(reversed(events.listed)):
        bench.write("activity", [to_record(event)], offset)
    day = moment(NOW_MS).date()
    query = "SELECT day, step, sessions::int FROM funnel_daily WHERE sessions <> 0 ORDER BY step"
    assert bench.rows(query) == [(day, step, 1) for step in range(5)]


def test_entry_exit_and_source_are_of_events_that_have_them(bench: Bench) -> None:
    events = Events()
    events.add("s-1", 0, activity_type="custom", page_url=None)
    events.add(
        "s-1", 1, page_url="https://s.example/landing", referrer="https://www.google.com/search"
    )
    events.add("s-1", 2, activity_type="checkout_start", page_url="https://s.example/checkout")
    events.add("s-1", 3, activity_type="purchase", page_url=None)
    # Over 30 minutes later the shop itself is the referrer.
    again = 3 + 31 * MINUTE
    events.add("s-1", again, page_url="https://s.example/a", referrer="https://www.s.example/b")
    for offset, event in enumerate(events.listed):
        bench.write("activity", [to_record(event)], offset)
    query = "SELECT entry_page, exit_page, source FROM sessions ORDER BY started_at"
    assert bench.rows(query) == [("/landing", "/checkout", "google.com"), ("/a", "/a", None)]


def test_sessions_name_pages_and_sources_as_their_store_says(bench: Bench) -> None:
    """A checkout on a host of its own; pages by pattern, and one that the gateway marked."""
    bench.run(
        "INSERT INTO stores (store_id, domain, settings) VALUES (%s, 'www.mugs.example', %s)",
        STORE,
        '{"page_patterns": ["/products/*"]}',
    )
    events = Events()
    events.add("s-1", 0, page_url="https://pay.example/start", referrer="https://mugs.example/cart")
    events.add("s-1", 1, page_url="https://mugs.example/products/red/mug?x=1")
    events.add("s-2", 0, page_url="https://mugs.example/products/", referrer="https://a.example/")
    events.add("s-2", 1, page_url="https://mugs.example/1234", folded=1)
    bench.write("activity", [to_record(event) for event in events.listed])
    query = "SELECT entry_page, exit_page, source FROM sessions ORDER BY session_id"
    assert bench.rows(query) == [
        ("/start", "/products/*", None), ("/products", "(other)", "a.example"),
    ]  # fmt: skip
    views = "SELECT page FROM pages_daily ORDER BY page"
    pages = ["(other)", "/products", "/products/*", "/start"]
    assert bench.rows(views) == [(page,) for page in pages]
    with bench.world.connect() as connection:
        assert not compare_tables(connection, events.listed)


def seconds_a_slice(bench: Bench, numbers: range, at: int, offset: int) -> float:
    """The shortest time of slices of a hundred events of one session id."""
    taken = []
    for turn in range(5):
        part = numbers[turn * 100 : (turn + 1) * 100]
        records = [
            record("activity", n, session_id="undefined", occurred_at=NOW_MS + at + n % 1_000)
            for n in part
        ]
        start = perf_counter()
        bench.write("activity", records, offset + turn * 100)
        taken.append(perf_counter() - start)
    return min(taken)


def test_a_slice_costs_no_more_with_the_events_that_its_session_has(bench: Bench) -> None:
    """A client that sends "undefined" as its session, and has for a day and for months."""
    bench.write("activity", [record("activity", n, session_id="undefined") for n in range(9)])
    few = seconds_a_slice(bench, range(1_000, 1_500), 0, 9)
    with bench.world.connect() as connection:
        connection.execute(
            """
            INSERT INTO customer_activity (event_id, store_id, session_id, correlation_id,
                   occurred_at, received_at, activity_type, source, consent_analytics,
                   consent_marketing, is_bot)
            SELECT gen_random_uuid(), %(store)s, 'undefined', 'c', at, at, 'page_view', 'tracker',
                   'unknown', 'unknown', false
              FROM generate_series(%(now)s, %(now)s + interval '24 hours',
                                   interval '288 milliseconds') AS at
            """,
            {"store": STORE, "now": moment(NOW_MS)},
        )
        connection.execute(
            "UPDATE sessions SET ended_at = started_at + interval '24 hours', events = 300000"
        )
        connection.execute(
            """
            INSERT INTO sessions (store_id, session_id, started_at, ended_at, day, steps, pages,
                   events, is_bot)
            SELECT %(store)s, 'undefined', at, at, at::date, 0, 0, 1, false
              FROM generate_series(%(now)s - interval '1 year', %(now)s - interval '1 hour',
                                   interval '40 minutes') AS at
            """,
            {"store": STORE, "now": moment(NOW_MS)},
        )
        connection.execute("ANALYZE sessions, customer_activity")
    many = seconds_a_slice(bench, range(2_000, 2_500), 12 * HOUR, 509)
    query = "SELECT events::int FROM sessions ORDER BY started_at DESC LIMIT 1"
    assert bench.rows(query) == [(300_500,)]
    assert many <= 2 * few, f"{many * 1000:.1f} ms instead of {few * 1000:.1f} ms"
