"""Visitors and page views by day: added over slices and streams, to the tables of the days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, STORE, record

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.folding import OTHER, PAGE
from storepulse.exactness.model.events import moment

DAY = 24 * 3_600_000
TODAY: date = moment(NOW_MS).date()
YESTERDAY = TODAY - timedelta(days=1)


def view(number: int, visitor: str | None, **fields: Any) -> Any:
    seen = {"activity_type": "page_view", "page_url": "https://s.example/mug", "is_bot": False}
    return record("activity", number, **seen | {"visitor_id": visitor} | fields)


def visitors(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.rows("SELECT day, visitor FROM visitors_daily ORDER BY 1, 2")


def test_two_streams_that_tell_of_a_visitor_are_one(bench: Bench) -> None:
    bench.write("activity", [view(1, "v-1"), view(2, None, session_id="s-2")], 0)
    landed = [("v-1", "s-1"), (None, "s-2"), ("v-3", "s-3")]
    records = [
        record("landing", 10 + n, visitor_id=visitor, session_id=session, is_bot=False)
        for n, (visitor, session) in enumerate(landed)
    ]
    # A stream has a topic of its own; here, a partition.
    assert bench.write("landing", records, 0, partition=1).applied == 3
    assert visitors(bench) == [(TODAY, "s:s-2"), (TODAY, "v-1"), (TODAY, "v-3")]


def test_each_day_has_its_visitors_and_a_period_has_fewer_than_their_sum(bench: Bench) -> None:
    bench.write("activity", [view(1, "v-1"), view(2, "v-1", occurred_at=NOW_MS - DAY)], 0)
    bench.write("activity", [view(3, "v-2"), view(4, "v-1"), view(5, "v-9", is_bot=True)], 2)
    assert visitors(bench) == [(YESTERDAY, "v-1"), (TODAY, "v-1"), (TODAY, "v-2")]
    assert bench.rows("SELECT count(DISTINCT visitor) FROM visitors_daily") == [(2,)]


def test_each_hour_has_its_visitors_of_both_streams(bench: Bench) -> None:
    hour = 3_600_000
    bench.write("activity", [view(1, "v-1"), view(2, "v-1", occurred_at=NOW_MS - hour)], 0)
    bench.write("activity", [view(3, "v-1"), view(4, "v-9", is_bot=True)], 2)
    bench.write("landing", [record("landing", 9, visitor_id="v-2", is_bot=False)], 0, partition=1)
    found = bench.rows("SELECT day, hour, visitor FROM visitors_hourly ORDER BY 2, 3")
    now, before = moment(NOW_MS), moment(NOW_MS - hour)
    assert found == [
        (before.date(), before, "v-1"), (TODAY, now, "v-1"), (TODAY, now, "v-2"),
    ]  # fmt: skip


def test_the_audit_finds_an_hour_that_the_days_do_not_know(bench: Bench) -> None:
    bench.write("activity", [view(1, "v-1"), view(2, "v-2")], 0)
    statement = named_sql("streams/activity/audit")["visitors_hourly"]
    with bench.world.connect() as connection:
        assert connection.execute(statement).fetchall() == []
        connection.execute("UPDATE visitors_hourly SET visitor = 'x' WHERE visitor = 'v-2'")
        assert connection.execute(statement).fetchall() == [(STORE, f"{TODAY} visitors", 2, 2)]
        connection.execute("DELETE FROM visitors_hourly WHERE visitor = 'x'")
        assert connection.execute(statement).fetchall() == [(STORE, f"{TODAY} visitors", 2, 1)]


def test_views_of_a_page_add_up_over_slices(bench: Bench) -> None:
    bench.write("activity", [view(1, "v-1"), view(2, "v-1")], 0)
    bench.write("activity", [view(3, "v-2"), view(4, "v-2", is_bot=True)], 2)
    found = bench.rows("SELECT page, is_bot, views::int FROM pages_daily ORDER BY is_bot")
    assert found == [("/mug", False, 3), ("/mug", True, 1)]


def test_a_page_too_long_for_an_index_is_counted(bench: Bench) -> None:
    path = "/" + "".join(chr(0x4E00 + n) for n in range(2_000))
    bench.write("activity", [view(1, "v-1", page_url="https://s.example" + path)], 0)
    assert bench.rows("SELECT page FROM pages_daily") == [(quote(path),)]


def test_pages_that_the_gateway_marked_are_one(bench: Bench) -> None:
    records = [
        view(1, "v-1", page_url="https://s.example/a", folded=PAGE),
        view(2, "v-1", page_url="https://s.example/b", folded=PAGE),
        view(3, "v-1", page_url="https://s.example/c"),
        # What has no page has no name to mark.
        view(4, "v-1", page_url=None),
    ]
    bench.write("activity", records, 0)
    found = bench.rows("SELECT page, views::int FROM pages_daily ORDER BY page")
    assert found == [("", 1), (OTHER, 2), ("/c", 1)]


def audited(bench: Bench) -> list[tuple[Any, ...]]:
    """What the audit finds of both tables, without the store."""
    statements = named_sql("streams/activity/audit")
    with bench.world.connect() as connection:
        return [
            row[1:]
            for name in ("pages_daily", "visitors_daily")
            for row in connection.execute(statements[name]).fetchall()
        ]


def test_the_audit_finds_a_page_view_and_a_visitor_that_no_row_tells_of(bench: Bench) -> None:
    before_midnight = NOW_MS // DAY * DAY - 30 * 60_000
    with bench.world.connect() as connection:
        connection.execute("INSERT INTO stores (store_id) VALUES (%s)", [STORE])
        connection.execute(
            "INSERT INTO store_time_zones VALUES (%s, '2020-01-01', 'Asia/Kolkata')", [STORE]
        )
    seen = [before_midnight, before_midnight - 6 * 3_600_000]
    views = [view(n, "v-1", occurred_at=at) for n, at in enumerate(seen)]
    bench.write("activity", [*views, view(5, "v-2", is_bot=True), view(6, "v-3")], 0)
    landed = record("landing", 9, visitor_id="v-4", is_bot=False)
    bench.write("landing", [landed], 0, partition=1)
    assert audited(bench) == []
    day = str(bench.rows("SELECT min(day) FROM pages_daily")[0][0])
    more = "UPDATE pages_daily SET views = views + 1 WHERE day = %s"
    other = "UPDATE visitors_daily SET visitor = 'x' || visitor WHERE day = %s"
    with bench.world.connect() as connection:
        connection.execute(more, [day])
        assert audited(bench) == [(day, 1, 2)]
        connection.execute(other, [day])
        assert audited(bench) == [(day, 1, 2), (f"{day} visitors", 1, 1)]
        today = bench.rows("SELECT max(day) FROM visitors_daily")[0][0]
        connection.execute("DELETE FROM visitors_daily WHERE visitor = 'v-4'")
        assert audited(bench)[2:] == [(f"{today} visitors", 3, 2)]
