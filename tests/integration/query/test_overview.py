"""The overview: equal to the paths of its figures, and to an independent count of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.query.conftest import Reads
from tests.support.ingest_records import record

OVERVIEW = "/api/analytics/overview"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEED = 17
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")


@pytest.fixture(scope="module")
def bench(reads: Reads) -> Iterator[Bench]:
    """Writers of the database that is read."""
    bench = Bench(reads.world)
    yield bench
    bench.stopping.set()
    for writer in bench.writers.values():
        writer.close()


@dataclass
class Shop:
    """A store with visits that are known: one event is (time, stream, fields)."""

    store: str
    zone: str
    events: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)

    def local_day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def visit(self, draw: Random, at: datetime) -> None:
        """One session of some steps, a minute apart, perhaps with a cart and an order."""
        session, depth = str(uuid4()), draw.randint(1, 5)
        visitor = draw.choice([None, f"v-{draw.randint(1, 20)}"])
        who = {"session_id": session, "visitor_id": visitor, "is_bot": draw.random() < 0.1}
        for number, step in enumerate(STEPS[:depth]):
            told: dict[str, Any] = {**who, "activity_type": step, "order_id": None, "value": None}
            if step == "purchase":
                told |= {
                    "order_id": draw.choice([None, str(uuid4())]),
                    "value": Decimal(draw.randint(1, 9_000)) / 100,
                    "currency": draw.choice(["EUR", "EUR", "USD"]),
                }
            self.events.append((at + timedelta(minutes=number), "activity", told))
        if depth >= 3:
            image = draw.choice([None, "https://cdn.example/1.png"])
            cart = {**who, "generated_image_url": image}
            self.events.append((at + timedelta(minutes=2), "cart", cart))
        if draw.random() < 0.2:
            self.events.append((at, "landing", {**who, "event_type": "PageView"}))

    def people(self, of: Any) -> set[tuple[Any, str]]:
        """Visitors with what `of` makes of the time at which they were seen."""
        return {
            (of(at), told["visitor_id"] or f"s:{told['session_id']}")
            for at, stream, told in self.events
            if stream in ("activity", "landing") and not told["is_bot"]
        }


def make_shop(reads: Reads, bench: Bench, zone: str, starts: list[datetime], draw: Random) -> Shop:
    shop = Shop(str(uuid4()), zone)
    reads.insert("stores", {"store_id": shop.store})
    reads.insert(
        "store_time_zones", {"store_id": shop.store, "from_day": "2020-01-01", "zone": zone}
    )
    for at in starts:
        shop.visit(draw, at)
    for stream in ("activity", "cart", "landing"):
        records = [
            record(
                stream,
                **told,
                store_id=shop.store,
                event_id=str(uuid4()),
                occurred_at=int(at.timestamp() * 1000),
                received_at=int(at.timestamp() * 1000),
            )
            for at, of, told in shop.events
            if of == stream
        ]
        bench.topic = f"ingest.{uuid4().hex[:8]}"
        assert bench.write(stream, records).applied == len(records)
    return shop


def summed(series: list[dict[str, Any]], name: str) -> int:
    return sum(one[name] for one in series)


def money_of(series: list[dict[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in series:
        for sold in one["revenue"]:
            before = found.get(sold["currency"], Decimal())
            found[sold["currency"]] = before + Decimal(sold["revenue"])
    return found


def check_beside_others(reads: Reads, found: dict[str, Any], **asked: Any) -> None:
    """Holds the totals against the paths whose figures they are."""
    totals = found["totals"]
    visitors = reads.read("/api/analytics/visitors", **asked)["totals"]
    assert (totals["visitors"], totals["sessions"]) == (visitors["visitors"], visitors["sessions"])
    funnel = [one["sessions"] for one in reads.read("/api/analytics/funnel", **asked)["data"]]
    names = ("viewed_sessions", "added_sessions", "bought_sessions")
    assert [totals[name] for name in names] == [funnel[0], funnel[2], funnel[4]]
    revenue = reads.read("/api/analytics/revenue", **asked)
    assert (totals["orders"], totals["purchases"]) == (revenue["orders"], revenue["purchases"])
    assert sorted(totals["revenue"], key=str) == sorted(revenue["revenue"], key=str)
    carts = reads.read("/api/cart-tracking/analytics", **asked)["data"]["totals"]
    told = (carts["carts"], carts["generatedImages"])
    assert (totals["carts"], totals["carts_from_image"]) == told


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_figures_of_a_closed_week_are_those_of_their_paths(
    reads: Reads, bench: Bench, zone: str
) -> None:
    draw = Random(SEED)
    # Summer time ends in Berlin on the 25th.
    begin = datetime(2026, 10, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    starts = [begin + draw.random() * 21 * DAY for _ in range(60)]
    shop = make_shop(reads, bench, zone, starts, draw)
    asked = {"store_id": shop.store, "from_": "2026-10-19", "to": "2026-10-26"}
    for bucket in ("hour", "day"):
        found = reads.read(OVERVIEW, **asked, bucket=bucket, compare="previous_period")
        check_beside_others(reads, found, **asked)
        earlier = found["comparison"]
        assert earlier["to"] == earlier["ends"] == found["from"]
        before = {"store_id": shop.store, "from_": "2026-10-12", "to": "2026-10-19"}
        check_beside_others(reads, earlier, **before)
        for one in (found, earlier):
            series = one["series"]
            for name in ("carts", "orders", "sessions", "bought_sessions", "viewed_sessions"):
                assert summed(series, name) == one["totals"][name], name
            assert money_of(series) == money_of([one["totals"]])
            assert all(place["complete"] and place["passed"] == 1 for place in series)
        people = shop.people(lambda at: at)
        within = {who for at, who in people if date(2026, 10, 19) <= shop.local_day(at)}
        assert found["totals"]["visitors"] == len(
            {who for at, who in people if in_days(shop, at, 19, 26)}
        )
        known = {who for at, who in people if shop.local_day(at) < date(2026, 10, 19)}
        seen = {who for at, who in people if in_days(shop, at, 19, 26)}
        assert within >= seen
        assert found["totals"]["returning_visitors"] == len(seen & known)
        assert found["totals"]["new_visitors"] == len(seen - known)
        check_buckets(shop, found["series"])


def in_days(shop: Shop, at: datetime, first: int, end: int) -> bool:
    return date(2026, 10, first) <= shop.local_day(at) < date(2026, 10, end)


def check_buckets(shop: Shop, series: list[dict[str, Any]]) -> None:
    """Holds the visitors of each bucket against the events in it; none is left out."""
    bounds = [(moment(one["at"]), moment(one["ends"])) for one in series]
    assert all(end == start for (_, end), (start, _) in pairwise(bounds))
    for (start, end), one in zip(bounds, series, strict=True):
        there = shop.people(lambda at, low=start, high=end: low <= at < high)
        assert one["visitors"] == len({who for inside, who in there if inside})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_week_that_is_not_over_stands_beside_the_same_hours(reads: Reads, bench: Bench) -> None:
    draw = Random(SEED)
    now = datetime.now(UTC)
    today = datetime.combine(now.date(), time(), UTC)
    starts = [today - 13 * DAY + draw.random() * 14 * DAY for _ in range(80)]
    shop = make_shop(reads, bench, "UTC", [at for at in starts if at < now], draw)
    asked = {
        "store_id": shop.store,
        "from_": (today - 6 * DAY).date(),
        "to": (today + DAY).date(),
    }
    asked_both = {**asked, "compare": "previous_period"}
    found = reads.read(OVERVIEW, **asked_both, bucket="hour")
    check_beside_others(reads, found, **asked)
    running = found["series"][-1]
    as_of = moment(found["as_of"])
    assert moment(running["at"]) <= as_of < moment(running["ends"])
    assert (running["complete"], 0 <= running["passed"] < 1) == (False, True)
    assert [one["complete"] for one in found["series"][:-1]] == [True] * (len(found["series"]) - 1)
    earlier = found["comparison"]
    cut, ends = moment(earlier["to"]), moment(earlier["ends"])
    assert (ends, cut) == (today - 6 * DAY, min(moment(running["ends"]) - 7 * DAY, ends))
    # The whole of it is drawn; the totals are up to the cut.
    assert moment(earlier["series"][-1]["ends"]) == ends
    until = [one for one in earlier["series"] if moment(one["ends"]) <= cut]
    for name in ("carts", "orders", "sessions", "viewed_sessions", "bought_sessions"):
        assert summed(until, name) == earlier["totals"][name], name
    assert money_of(until) == money_of([earlier["totals"]])
    people = shop.people(lambda at: at)
    seen = {who for at, who in people if today - 13 * DAY <= at < cut}
    assert earlier["totals"]["visitors"] == len(seen)
    beside = [moment(one["beside"]) - moment(one["at"]) for one in earlier["series"]]
    assert set(beside) == {7 * DAY}
    by_day = reads.read(OVERVIEW, **asked_both, bucket="day")["comparison"]
    assert by_day["totals"] == earlier["totals"]


def test_an_hour_that_a_closed_day_gains_counts_at_once(
    reads: Reads, bench: Bench, store: str
) -> None:
    asked = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-02"}

    def seen(hour: int, name: str) -> None:
        at = datetime(2026, 3, 1, hour, tzinfo=UTC)
        row = {"store_id": store, "day": date(2026, 3, 1), "visitor": name}
        reads.insert("visitors_hourly", {**row, "hour": at})
        with reads.world.connect() as connection:
            connection.execute(
                "INSERT INTO visitors_daily VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                list(row.values()),
            )

    def told() -> list[int]:
        series = reads.read(OVERVIEW, **asked)["series"]
        return [one["visitors"] for one in series[8:11]]

    seen(8, "v-1")
    assert told() == told() == [1, 0, 0]
    seen(9, "v-1")
    seen(9, "v-2")
    assert told() == [1, 2, 0]


def test_what_cannot_be_answered_is_refused_by_its_field(reads: Reads, store: str) -> None:
    for asked, name in (
        ({"from_": "2026-03-01"}, "to"),
        ({"to": "2026-03-01"}, "from"),
        ({"from_": "2026-03-01", "to": "2026-03-16", "bucket": "hour"}, "bucket"),
        ({"from_": "2020-03-01", "to": "2026-03-16"}, "to"),
        ({"from_": "2026-03-01", "to": "2026-03-16", "tz": "Europe/Berlin"}, "tz"),
        ({"from_": "2026-03-01", "to": "2026-03-16", "bucket": "week"}, "bucket"),
    ):
        answer = reads.get(OVERVIEW, store_id=store, **asked)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, name), asked


def test_a_store_of_which_nothing_is_known_has_counted_nothing(reads: Reads, store: str) -> None:
    found = reads.read(OVERVIEW, store_id=store, from_="2026-03-01", to="2026-03-03")
    assert (found["bucket"], len(found["series"])) == ("hour", 48)
    assert found["totals"] | {"revenue": []} == found["totals"]
    assert (found["totals"]["visitors"], found["totals"]["conversion"]) == (0, None)
    assert found["comparison"] is None
    year = {"from_": "2026-03-01", "to": "2026-03-31", "compare": "previous_year"}
    month = reads.read(OVERVIEW, store_id=store, **year)
    assert (month["bucket"], len(month["series"])) == ("day", 30)
    assert month["comparison"]["from"] == "2025-03-01T00:00:00.000Z"
    assert month["comparison"]["series"][0]["beside"] == month["from"]
