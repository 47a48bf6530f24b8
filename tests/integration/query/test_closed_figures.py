"""Lists over days that are closed and days that are not: each day counts once, however often they
are asked for, and a late change counts at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.integration.query.conftest import Reads, insert

#: Days about the last closed one, and the events of the first; each further day has twice as many.
DAYS = 8
TODAY = datetime.now(UTC).date()
FIRST = TODAY - timedelta(days=DAYS - 2)


@dataclass(frozen=True)
class List:
    """A table, its row with `number` events on a day, and what an answer says of them in all."""

    table: str
    row: Callable[[date, int], dict[str, Any]]
    path: str
    store: str
    figure: Callable[[Any], int]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def only(rows: list[Any], name: str) -> int:
    return sum(row[name] for row in rows)


LISTS = {
    "products": List(
        "activity_products_daily",
        lambda day, n: {"day": day, "product_id": "p", "views": n, "adds": 0, "removes": 0},
        "/api/analytics/products", "store_id", lambda found: only(found["data"], "views"),
    ),
    "sales": List(
        "product_sales_daily",
        lambda day, n: {
            "day": day, "product_id": "p", "currency": "EUR", "purchases": n, "units": n,
            "revenue": 0,
        },
        "/api/analytics/products", "store_id", lambda found: only(found["data"], "units"),
    ),
    "lines": List(
        "order_lines",
        lambda day, n: {
            "order_id": f"o-{day}", "day": day, "product_id": "p", "currency": "EUR", "word": "",
            "units": n, "revenue": 0,
        },
        "/api/analytics/products", "store_id", lambda found: only(found["data"], "units"),
    ),
    "searches": List(
        "activity_searches_daily", lambda day, n: {"day": day, "term": "mug", "searches": n},
        "/api/analytics/searches", "store_id", lambda found: only(found["data"], "searches"),
    ),
    "carts": List(
        "cart_products_daily",
        lambda day, n: {
            "day": day, "product_id": "p", "store_name": "one.example", "carts": n,
            "generated_images": 0,
        },
        "/api/cart-tracking/analytics", "storeId",
        lambda found: only(found["data"]["byProduct"], "carts"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_each_day_counts_once(reads: Reads, store: str, name: str) -> None:
    asked = LISTS[name]
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]

    rows = [
        {"store_id": store, "is_bot": False, **asked.row(day, 1 << n)} for n, day in enumerate(days)
    ]

    def found(first: int, end: int) -> int:
        period = {"from_": days[first].isoformat(), "to": days[end].isoformat()}
        return asked.figure(reads.read(asked.path, **{asked.store: store}, **period))

    reads.insert(asked.table, *rows)
    for _ in range(2):
        for first, end in ((0, 7), (0, 3), (2, 6), (4, 7), (5, 7), (6, 7)):
            assert found(first, end) == (1 << end) - (1 << first), (first, end)
    assert asked.figure(reads.read(asked.path, **{asked.store: store})) == (1 << DAYS) - 1
    name_column = "term" if asked.table == "activity_searches_daily" else "product_id"
    late = {**rows[0], **asked.row(days[0], 1 << 20), name_column: "another"}
    late |= {"order_id": "another"} if asked.table == "order_lines" else {}
    with reads.world.connect() as connection:
        insert(connection, asked.table, late)
    # Nobody has entered it: what is remembered is not read again.
    assert found(0, 7) == (1 << 7) - 1
    with reads.world.connect() as connection:
        connection.execute(
            "UPDATE late_changes SET changes = changes + 1 WHERE store_id = %s AND day = %s",
            [store, days[0]],
        )
    assert found(0, 7) == (1 << 20) + (1 << 7) - 1


def test_images_of_closed_days_and_later_ones(reads: Reads, store: str) -> None:
    def images(*days: int) -> None:
        reads.insert("images", *(
            {
                "store_id": store, "image_hash": f"{day} {number}".encode(), "is_bot": False,
                "generated_word": "0", "generated_at": noon(FIRST + timedelta(days=day)),
                "day": FIRST + timedelta(days=day), "product_id": f"p{number}",
                "is_carted": number == 0, "is_carted_by_bot": False,
            }
            for day in days for number in range(day + 1)
        ))  # fmt: skip

    period = {"from_": FIRST.isoformat(), "to": (FIRST + timedelta(days=7)).isoformat()}
    images(0, 1, 5, 6)
    for interval in ("day", "hour", "day"):
        asked = {"storeId": store, "interval": interval, **period}
        found = reads.read("/api/cart-tracking/analytics", **asked)["data"]["images"]
        assert (found["imagesGenerated"], found["imagesInCarts"]) == (16, 4)
        assert [step["imagesGenerated"] for step in found["byTime"]] == [1, 2, 6, 7]
        assert [(p["productId"], p["imagesGenerated"]) for p in found["byProduct"]][:3] == [
            ("p0", 4), ("p1", 3), ("p2", 2),
        ]  # fmt: skip
    images(2)
    found = reads.read("/api/cart-tracking/analytics", **asked)["data"]["images"]
    assert found["imagesGenerated"] == 19


def test_a_heatmap_of_closed_days_and_later_ones(reads: Reads, store: str) -> None:
    reads.insert("pages", {"store_id": store, "page": "/"})
    with reads.world.connect() as connection:
        row = connection.execute("SELECT page_id FROM pages WHERE store_id = %s", [store])
        page = {"page_id": row.fetchall()[0][0], "device": "mobile", "is_bot": False}
    numbers = dict.fromkeys(("rage_clicks", "dead_clicks", "hovers", "dwell_ms"), 0)
    hours = [noon(FIRST + timedelta(days=n)) for n in range(DAYS)]

    def add(hour: datetime, number: int) -> None:
        cell = {"kind": "click", "col": 1, "row": 2, "events": number, "dwell_ms": 0}
        reads.insert("heatmap_cells", {**page, "hour": hour, **cell})
        element = {"selector": "a", "clicks": number, **numbers}
        reads.insert("heatmap_elements", {**page, "hour": hour, **element})
        reach = {"reach": 3, "events": number, "views": number}
        reads.insert("heatmap_scroll", {**page, "hour": hour, **reach})

    def found(first: datetime, end: datetime) -> tuple[int, ...]:
        asked = {"page": "/", "from_": first.isoformat(), "to": end.isoformat()}
        data = reads.read(f"/api/heatmap/{store}", **asked)["data"]
        return (
            only(data["cells"], "events"), only(data["elements"], "clicks"),
            data["totals"]["scrolls"], data["totals"]["views"], data["totals"]["clicks"],
        )  # fmt: skip

    for n, hour in enumerate(hours):
        add(hour, 1 << n)
    an_hour = timedelta(hours=1)
    for _ in range(2):
        for first, end in ((0, 7), (0, 3), (2, 6), (4, 7), (5, 7), (6, 7)):
            counted = (1 << end) - (1 << first)
            # From noon, from after it, from midnight.
            assert found(hours[first], hours[end]) == (counted,) * 5
            assert found(hours[first] + an_hour, hours[end]) == (counted - (1 << first),) * 5
            assert found(hours[first] - 12 * an_hour, hours[end] - 12 * an_hour) == (counted,) * 5
    add(hours[1] + an_hour, 1 << 20)
    assert found(hours[0], hours[7]) == ((1 << 20) + (1 << 7) - 1,) * 5
