"""Events at the ends of local days, from the agents' transaction to the query service's answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.query.conftest import Reads
from tests.support.ingest_records import record

FUNNEL, PRODUCTS = "/api/analytics/funnel", "/api/analytics/products"
SEARCHES, CARTS = "/api/analytics/searches", "/api/cart-tracking/analytics"
MS, HOUR, DAY = timedelta(milliseconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def bench(reads: Reads) -> Iterator[Bench]:
    """Writers of the database that is read."""
    bench = Bench(reads.world)
    yield bench
    bench.stopping.set()
    for writer in bench.writers.values():
        writer.close()


def set_zone(reads: Reads, store: str, *periods: tuple[str, str]) -> None:
    reads.insert("stores", {"store_id": store})
    for from_day, zone in periods:
        reads.insert("store_time_zones", {"store_id": store, "from_day": from_day, "zone": zone})


def visit(bench: Bench, store: str, *moments: datetime) -> None:
    """At each moment a session views a product, searches, puts it into the cart and lands."""
    streams: dict[str, list[Any]] = {"activity": [], "cart": [], "landing": []}
    for at in moments:
        when = int(at.timestamp() * 1000)
        told = {
            "store_id": store, "session_id": str(uuid4()), "occurred_at": when, "received_at": when,
        }  # fmt: skip

        def add(stream: str, told: dict[str, Any] = told, **fields: Any) -> None:
            streams[stream].append(record(stream, event_id=str(uuid4()), **told, **fields))

        add("activity", activity_type="page_view")
        add("activity", activity_type="product_view", product_id="mug")
        add("activity", activity_type="search", search_query="mug")
        add("cart", product_id="mug")
        add("landing", landing_page_id=f"lp-{store}", campaign_id="c")
        add("landing", landing_page_id=f"lp-{store}", event_type="Purchase", value="10",
            currency="EUR", order_id=str(uuid4()))  # fmt: skip
        add("landing", landing_page_id=f"lp-{store}", event_type="Purchase", value="5",
            currency="EUR")  # fmt: skip
    for stream, records in streams.items():
        bench.topic = f"ingest.{uuid4().hex[:8]}"
        assert bench.write(stream, records).applied == len(records)


def landing_of(store: str) -> str:
    return f"/api/landing-pages/lp-{store}/stats"


def figures(reads: Reads, store: str, **asked: Any) -> dict[str, int]:
    """The figures of a period that each path tells, by path."""
    paths = (landing_of(store), CARTS, PRODUCTS, SEARCHES, FUNNEL)
    answers = [reads.read(path, store_id=store, **asked) for path in paths]
    landing, carts, products, searches, funnel = answers
    assert len({(one["from"], one["to"], one["tz"]) for one in answers}) == 1
    total = landing["data"]
    money = sum(float(one["revenue"]) for one in total["revenue"])
    assert (total["purchases"], money) == (2 * total["views"], 15 * total["views"])
    assert total["visits"] == total["views"] == sum(one["views"] for one in total["by_day"])
    assert sum(one["visits"] for one in total["by_day"]) == total["visits"]
    return {
        "landing": total["views"],
        "cart products": sum(one["carts"] for one in carts["data"]["byProduct"]),
        "products": sum(one["views"] for one in products["data"]),
        "searches": sum(one["searches"] for one in searches["data"]),
        "funnel": funnel["data"][0]["sessions"],
        "second step": funnel["data"][1]["sessions"],
    }


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("Asia/Kolkata", "2026-02-28", "2026-02-27T18:30", "2026-02-28T18:30"),
        ("Asia/Kathmandu", "2026-01-31", "2026-01-30T18:15", "2026-01-31T18:15"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),
    ],
)
def test_events_around_midnight_are_on_the_store_s_day(
    reads: Reads, bench: Bench, store: str, zone: str, day: str, begins: str, ends: str
) -> None:
    first, after = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (begins, ends))
    set_zone(reads, store, ("2020-01-01", zone))
    visit(bench, store, first - MS, first, first + 3 * HOUR, after - MS, after)
    the_day = date.fromisoformat(day)
    days = [str(the_day + number * DAY) for number in range(-1, 3)]
    for number, wanted in enumerate((1, 3, 1)):
        asked = {"from_": days[number], "to": days[number + 1]}
        found = figures(reads, store, **asked)
        assert set(found.values()) == {wanted}, (asked, found)
    assert figures(reads, store, from_=days[1], to=days[2], tz=zone) == dict.fromkeys(found, 3)
    landing = reads.read(landing_of(store), store_id=store)
    assert [(one["day"], one["views"], one["complete"]) for one in landing["data"]["by_day"]] == [
        (days[0], 1, True), (days[1], 3, True), (days[2], 1, True),
    ]  # fmt: skip
    told = reads.read(FUNNEL, store_id=store, from_=days[1], to=days[2])
    assert (told["from"], told["to"]) == (f"{begins}:00.000Z", f"{ends}:00.000Z")


def test_days_before_a_change_of_zone_stay(reads: Reads, bench: Bench, store: str) -> None:
    set_zone(reads, store, ("2026-03-03", "Europe/Berlin"), ("2026-03-05", "Asia/Tokyo"))
    # Days begin at midnight of UTC, of Berlin from the third on, of Tokyo after the fourth.
    starts = ["01T00:00", "02T00:00", "03T00:00", "03T23:00", "04T23:00", "05T15:00"]
    moments = [datetime.fromisoformat(f"2026-03-{at}").replace(tzinfo=UTC) for at in starts]
    visit(bench, store, *moments, *(at - MS for at in moments))
    landing = reads.read(landing_of(store), store_id=store)["data"]["by_day"]
    assert [(one["day"], one["views"]) for one in landing] == [
        ("2026-02-28", 1), *((f"2026-03-0{day}", 2) for day in range(1, 6)), ("2026-03-06", 1),
    ]  # fmt: skip
    for day in range(1, 6):
        asked = {"from_": f"2026-03-0{day}", "to": f"2026-03-0{day + 1}"}
        assert set(figures(reads, store, **asked).values()) == {2}, asked
        told = reads.read(FUNNEL, store_id=store, **asked)
        assert (told["from"], told["tz"]) == (f"2026-03-{starts[day - 1]}:00.000Z", "Asia/Tokyo")


def test_another_zone_s_days_and_those_of_several_stores(
    reads: Reads, bench: Bench, store: str
) -> None:
    set_zone(reads, store, ("2020-01-01", "Asia/Kolkata"))
    moments = ("02-28T18:15", "02-28T18:30", "02-28T22:59", "02-28T23:00", "03-01T00:00")
    visit(
        bench, store,
        *(datetime.fromisoformat(f"2026-{at}").replace(tzinfo=UTC) for at in moments),
    )  # fmt: skip

    def days(**asked: Any) -> dict[str, int]:
        landing = reads.read(landing_of(store), **asked)
        assert landing["data"]["views"] == sum(one["views"] for one in landing["data"]["by_day"])
        assert landing["data"]["purchases"] == 2 * landing["data"]["visits"]
        return {one["day"][5:]: one["views"] for one in landing["data"]["by_day"]}

    assert days(store_id=store) == {"02-28": 1, "03-01": 4}
    assert days(store_id=store, tz="Europe/Berlin") == {"02-28": 3, "03-01": 2}
    assert days(store_id=store, tz="UTC", to="2026-03-01") == {"02-28": 4}
    assert days(tz="Europe/Berlin", from_="2026-03-01", to="2026-03-02") == {"03-01": 2}
    # Of all stores: UTC's, unless a zone is asked for.
    assert days() == {"02-28": 4, "03-01": 1}
    kathmandu = {"store_id": store, "tz": "Asia/Kathmandu"}
    for path, of_store, reason in (
        (landing_of(store), kathmandu, "is not whole hours from UTC in all of the period"),
        (FUNNEL, kathmandu, "must be Asia/Kolkata, the store's zone"),
        (PRODUCTS, {"store_id": store, "tz": "UTC"}, "must be Asia/Kolkata, the store's zone"),
        (SEARCHES, {"store_id": store, "tz": "UTC"}, "must be Asia/Kolkata, the store's zone"),
        (CARTS, {"store_id": store, "tz": "UTC"}, "must be Asia/Kolkata, the store's zone"),
        (CARTS, {"tz": "Europe/Berlin"}, "requires a store"),
        (f"/api/heatmap/{store}/pages", {"tz": "Asia/Kathmandu"}, "is not whole hours"),
        (FUNNEL, {"store_id": store, "tz": "Mars/Base"}, "is not an IANA time zone"),
    ):
        refused = reads.get(path, **of_store)
        details = refused.json()["details"]
        assert (refused.status_code, details["field"]) == (400, "tz"), path
        assert details["reason"].startswith(reason)


def test_rows_are_listed_by_local_times(reads: Reads, bench: Bench, store: str) -> None:
    set_zone(reads, store, ("2020-01-01", "Asia/Kolkata"))
    midnight = datetime(2026, 2, 28, 18, 30, tzinfo=UTC)
    visit(bench, store, midnight - MS, midnight)
    of_store = {"store_id": store, "from_": "2026-03-01"}
    for path in ("/api/customer-activity", "/api/analytics/sessions", "/api/streams/cart/events"):
        rows = reads.read(path, **of_store)["data"]
        began = {row.get("occurred_at", row.get("started_at")) for row in rows}
        assert began == {"2026-02-28T18:30:00.000Z"}, path
        later = reads.read(path, store_id=store, from_="2026-03-01T00:00:00.001")
        assert later["data"] == [], path
        # In Kathmandu it is a quarter past.
        later = reads.read(path, **of_store | {"from_": "2026-03-01T00:15"}, tz="Asia/Kathmandu")
        assert len(later["data"]) == len(rows), path
        refused = reads.get(path, **of_store, to="2026-02-28T18:30Z").json()
        assert refused["details"] == {"field": "to", "reason": "is not after from"}


def test_figures_beside_those_of_an_earlier_period(reads: Reads, bench: Bench, store: str) -> None:
    set_zone(reads, store, ("2020-01-01", "America/New_York"))
    midnight = datetime(2026, 3, 8, 5, tzinfo=UTC)  # of a day of 23 hours
    visit(
        bench, store, midnight - DAY - MS, midnight - DAY, midnight - MS, midnight,
        midnight - 365 * DAY - HOUR,
    )  # fmt: skip
    asked = {"store_id": store, "from_": "2026-03-08", "to": "2026-03-09"}
    for compare, wanted, begins, ends in (
        ("previous_period", 2, "2026-03-07T05", "2026-03-08T05"),
        ("previous_year", 0, "2025-03-08T05", "2025-03-09T05"),
    ):
        landing = reads.read(landing_of(store), **asked, compare=compare)
        funnel = reads.read(FUNNEL, **asked, compare=compare)
        carts = reads.read(CARTS, **asked, compare=compare)
        for answer in (landing, funnel, carts):
            earlier = answer["comparison"]
            assert (earlier["from"], earlier["to"], earlier["tz"]) == (
                f"{begins}:00:00.000Z", f"{ends}:00:00.000Z", "America/New_York",
            )  # fmt: skip
        assert (landing["data"]["views"], landing["comparison"]["views"]) == (1, wanted)
        assert landing["comparison"]["purchases"] == 2 * wanted
        assert set(landing["comparison"]) == {"from", "to", "tz"} | (
            set(landing["data"]) - {"landing_page_id", "by_day"}
        )
        assert [step["sessions"] for step in funnel["comparison"]["data"][:3]] == [
            wanted, wanted, 0,
        ]  # fmt: skip
        assert carts["comparison"]["carts"] == wanted
        assert carts["data"]["totals"]["carts"] == 1
    asked = {"store_id": store, "from_": "2026-03-07", "to": "2026-03-08"}
    assert reads.read(FUNNEL, **asked)["comparison"] is None
    year = reads.read(landing_of(store), **asked, compare="previous_year")
    assert year["comparison"]["views"] == 1
    for path in (landing_of(store), FUNNEL, CARTS):
        for open_period in ({}, {"from_": "2026-03-07"}, {"to": "2026-03-08"}):
            refused = reads.get(path, store_id=store, compare="previous_year", **open_period)
            assert refused.status_code == 400
            details = {"field": "compare", "reason": "needs from and to"}
            assert refused.json()["details"] == details
        refused = reads.get(path, store_id=store, from_="0001-02-01", to="2026-01-01",
                            compare="previous_period")  # fmt: skip
        assert refused.json()["details"]["field"] == "compare"


def test_today_is_not_complete_and_compared_up_to_now(
    reads: Reads, bench: Bench, store: str
) -> None:
    """In a zone in which it is noon, so that nothing here comes near a midnight."""
    now = datetime.now(UTC)
    zone = f"Etc/GMT{now.hour - 12:+d}"
    today = (now - timedelta(hours=now.hour - 12)).date()
    set_zone(reads, store, ("2020-01-01", zone))
    earlier = [now - DAY - HOUR, now - DAY - 2 * HOUR, now - DAY + 3 * HOUR]
    visit(bench, store, *earlier, now - HOUR)
    asked = {
        "store_id": store, "from_": str(today), "to": str(today + DAY),
        "compare": "previous_period",
    }  # fmt: skip
    for path, of in (
        (landing_of(store), lambda data: data["views"]),
        (FUNNEL, lambda data: (data if isinstance(data, list) else data["data"])[0]["sessions"]),
        (CARTS, lambda data: data.get("totals", data)["carts"]),
    ):
        answer = reads.read(path, **asked)
        found = answer["data"]
        assert (of(found), of(answer["comparison"])) == (1, 2), path
        cut = datetime.fromisoformat(answer["comparison"]["to"])
        assert now - DAY < cut <= now - DAY + HOUR + timedelta(minutes=10)
    days = reads.read(landing_of(store), store_id=store)["data"]["by_day"]
    assert [(one["views"], one["complete"]) for one in days] == [(3, True), (1, False)]
    for interval, complete in (("day", [True, False]), ("hour", [True, True, True, True])):
        carts = reads.read(CARTS, store_id=store, interval=interval)["data"]["byTime"]
        assert [one["complete"] for one in carts] == complete


def test_a_store_named_by_its_domain_has_its_own_days(reads: Reads, store: str) -> None:
    domain = f"{store[:8]}.example"
    reads.insert("stores", {"store_id": store, "domain": domain})
    zone = {"store_id": store, "from_day": date(1970, 1, 1), "zone": "Asia/Tokyo"}
    reads.insert("store_time_zones", zone)
    path, days = "/api/cart-tracking/analytics", {"from": "2026-11-27", "to": "2026-11-28"}
    by_name = reads.read(path, storeName=domain, **days)
    assert [by_name[name] for name in ("from", "to", "tz")] == [
        "2026-11-26T15:00:00.000Z", "2026-11-27T15:00:00.000Z", "Asia/Tokyo",
    ]  # fmt: skip
    assert reads.read(path, storeName=domain, tz="Asia/Tokyo", **days)["from"] == by_name["from"]
    assert reads.read(path, storeName=f"no-{domain}", **days)["tz"] == "UTC"
