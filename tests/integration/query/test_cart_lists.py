"""Additions to carts in every order and as files, and the figures of whole periods."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads
from tests.integration.query.test_carts import ANALYTICS, EVENTS, NOON, cart

EXPORT = "/api/cart-tracking/export"
URL = "https://img.example/g.png"


def fill(reads: Reads, store: str) -> list[dict[str, Any]]:
    """Additions at different minutes, some of them at the same one."""
    rows = [
        cart(
            store, NOON + timedelta(minutes=n // 2), product_id=f"p{n % 3}",
            product_title=(None, "=1+1", "grün", "Mug")[n % 4], variant_id=(None, "m", "L")[n % 3],
            customer_email=("b@x.example", "A@x.example")[n % 2], session_id=f"s{n % 2}",
            generated_image_url=URL if n % 3 == 0 else None,
            clothing_image_url=URL if n % 3 == 1 else None,
        )
        for n in range(9)
    ]  # fmt: skip
    reads.insert("cart_tracking_events", *rows)
    return rows


def pages_of(reads: Reads, **asked: Any) -> list[Any]:
    seen, cursor = [], {}
    while True:
        answer = reads.read(EVENTS, limit=2, **asked, **cursor)
        seen += answer["data"]
        if answer["nextCursor"] is None:
            return seen
        cursor = {"cursor": answer["nextCursor"]}


VALUES = {
    "created_at": lambda row: row["createdAt"],
    "store": lambda row: row["storeName"],
    "product": lambda row: (row["productTitle"] or row["productId"]).lower(),
    "variant": lambda row: row["variantId"] and row["variantId"].lower(),
    "customer": lambda row: row["customerEmail"].lower(),
    "image": lambda row: (
        "generated" if row["generatedImageUrl"] else "clothing" if row["clothingImageUrl"] else None
    ),
}


@pytest.mark.parametrize("sort", VALUES)
def test_each_column_sorts_both_ways_and_by_pages(reads: Reads, store: str, sort: str) -> None:
    rows = fill(reads, store)
    for order in ("asc", "desc"):
        found = pages_of(reads, store_id=store, sort=sort, order=order)
        assert sorted(one["eventId"] for one in found) == sorted(row["event_id"] for row in rows)
        values = [VALUES[sort](one) for one in found]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=order == "desc")
        assert values == known + [None] * (len(values) - len(known)), "unknown ones come last"
        if sort != "created_at":
            same = [(VALUES[sort](one), one["createdAt"]) for one in found]
            pairs = [(a, b) for a, b in itertools.pairwise(same) if a[0] == b[0]]
            assert all(a[1] >= b[1] for a, b in pairs), "of equal ones the newest comes first"


def test_cursors_hold_for_their_order(reads: Reads, store: str) -> None:
    fill(reads, store)
    cursors = {
        (sort, order): reads.read(EVENTS, store_id=store, limit=1, sort=sort, order=order)[
            "nextCursor"
        ]
        for sort in ("created_at", "product")
        for order in ("asc", "desc")
    }
    for key, cursor in cursors.items():
        for sort, order in cursors:
            asked = {"store_id": store, "sort": sort, "order": order, "cursor": cursor}
            assert reads.get(EVENTS, **asked).status_code == (200 if key == (sort, order) else 400)
    assert reads.get(EVENTS, store_id=store, sort="product", cursor="WzEsMl0").status_code == 400
    unknown = reads.get(EVENTS, store_id=store, sort="price").json()["details"]
    assert (unknown["field"], "'customer'" in unknown["reason"]) == ("sort", True)


def test_totals_and_images(reads: Reads, store: str) -> None:
    fill(reads, store)
    for image, count in (("generated", 3), ("clothing", 3), ("none", 3), ("person", 0)):
        answer = reads.read(EVENTS, store_id=store, image=image, limit=2)
        assert (answer["total"], answer["more"]) == (count, False)
        assert len(pages_of(reads, store_id=store, image=image)) == count
    assert reads.read(EVENTS, store_id=store, productId="p1", limit=1)["total"] == 3


def test_a_file_has_all_rows_and_no_formula(reads: Reads, store: str) -> None:
    rows = fill(reads, store)
    answer = reads.get(EXPORT, storeId=store)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="carts.csv"'
    told = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    listed = reads.read(EVENTS, storeId=store)["data"]
    assert list(told[0]) == list(listed[0])
    assert [one["eventId"] for one in told] == [one["eventId"] for one in listed]
    titles = {row["event_id"]: row["product_title"] or "" for row in rows}
    assert {one["eventId"]: one["productTitle"] for one in told} == {
        event: "'=1+1" if title == "=1+1" else title for event, title in titles.items()
    }
    assert told[0]["createdAt"] == listed[0]["createdAt"]

    some = reads.get(EXPORT, store_id=store, session_id="s1", image="generated", format="csv")
    assert len(some.text.splitlines()) == 1 + 1
    sheet = reads.get(EXPORT, store_id=store, format="xlsx")
    book = zipfile.ZipFile(io.BytesIO(sheet.content)).read("xl/worksheets/sheet1.xml").decode()
    assert book.count("<row ") == 1 + len(rows)
    assert ("<f>" in book, "<t>=1+1</t>" in book) == (False, True)


def test_a_file_of_many_pages_is_whole(reads: Reads, store: str) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO cart_tracking_events (id, event_id, store_id, store_name, correlation_id,"
            " source, consent_analytics, consent_marketing, is_bot, occurred_at, created_at)"
            " SELECT n, gen_random_uuid(), %s, 'many', 'c', 'tracker', 'granted', 'granted', false,"
            " at, at FROM generate_series(1, 2500) AS n"
            " CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01Z' + n / 7 * interval '1 s' AS at)"
            " AS told",
            [store],
        )
    lines = reads.get(EXPORT, store_id=store).text.splitlines()
    assert len({line.split(",")[1] for line in lines[1:]}) == len(lines) - 1 == 2_500
    assert reads.read(EVENTS, store_id=store, sort="product", limit=1)["total"] == 2_500


def test_too_many_rows_keep_their_order(
    reads: Reads, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO cart_tracking_events (id, event_id, store_id, store_name, correlation_id,"
            " source, consent_analytics, consent_marketing, is_bot, occurred_at, created_at)"
            " SELECT n, gen_random_uuid(), %s, 'many', 'c', 'tracker', 'granted', 'granted', false,"
            " '2026-03-01Z', '2026-03-01Z' FROM generate_series(1, 50001) AS n",
            [store],
        )
    refused = reads.get(EVENTS, store_id=store, sort="product")
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "sort")
    answer = reads.read(EVENTS, store_id=store, limit=1)
    assert (answer["total"], answer["more"]) == (10_000, True)


def test_distinct_sessions_and_an_earlier_period(reads: Reads, store: str) -> None:
    def at(day: int, session: str | None, **more: Any) -> dict[str, Any]:
        return cart(store, datetime(2026, 3, day, 12, tzinfo=UTC), session_id=session, **more)

    reads.insert(
        "cart_tracking_events", at(3, "a"), at(3, "a"), at(4, "a"), at(4, "b"), at(4, None),
        at(4, "c", is_bot=True), at(1, "d"), at(2, "d"), at(2, "e"), at(5, "f"),
    )  # fmt: skip
    hours = {2: 3, 3: 2, 4: 3}
    reads.insert("cart_hourly", *(
        {
            "store_id": store, "hour": f"2026-03-0{day}T12:00:00Z", "day": f"2026-03-0{day}",
            "store_name": "x", "is_bot": False, "carts": carts, "generated_images": 1,
            "person_images": 0, "clothing_images": 0,
        }
        for day, carts in hours.items()
    ))  # fmt: skip
    reads.insert("images", *(
        {
            "store_id": store, "image_hash": uuid4().bytes, "generated_word": f"0:{n}",
            "generated_at": f"2026-03-0{day}T12:00:00Z", "day": f"2026-03-0{day}",
            "is_bot": False, "is_carted": carted, "is_carted_by_bot": False,
        }
        for n, (day, carted) in enumerate([(1, True), (2, False), (2, False), (3, True)])
    ))  # fmt: skip
    asked = {"store_id": store, "from_": "2026-03-03", "to": "2026-03-05"}
    answer = reads.read(ANALYTICS, **asked, compare="previous_period")
    assert (answer["data"]["totals"]["carts"], answer["data"]["totals"]["sessions"]) == (5, 2)
    earlier = answer["comparison"]
    assert (earlier["carts"], earlier["sessions"], earlier["shareFromImage"]) == (3, 2, 0.333333)
    assert earlier["images"] == {
        "imagesGenerated": 3, "imagesInCarts": 1, "conversion": 0.333333,
    }  # fmt: skip
    assert answer["data"]["images"]["conversion"] == 1.0
    nothing = reads.read(
        ANALYTICS, store_id=store, from_="2026-03-04", to="2026-03-05", compare="previous_year"
    )["comparison"]
    assert (nothing["carts"], nothing["sessions"], nothing["images"]["conversion"]) == (0, 0, None)


def test_an_earlier_period_ends_at_the_same_hour(reads: Reads, store: str) -> None:
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before, after = now - timedelta(days=1, hours=0), now - timedelta(days=1) + timedelta(hours=2)
    if after.date() != before.date() or now.hour == 0:
        pytest.skip("the hours of yesterday that this wants are not all yesterday's")
    reads.insert("images", *(
        {
            "store_id": store, "image_hash": uuid4().bytes, "generated_word": "0",
            "generated_at": at, "day": at.date(), "is_bot": False, "is_carted": False,
            "is_carted_by_bot": False,
        }
        for at in (before - timedelta(hours=1), after)
    ))  # fmt: skip
    answer = reads.read(
        ANALYTICS, store_id=store, from_=str(today.date()),
        to=str(today.date() + timedelta(days=1)), compare="previous_period",
    )  # fmt: skip
    assert answer["comparison"]["images"]["imagesGenerated"] == 1
