"""Cart rows, figures, and the journey of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads
from tests.integration.query.test_activity import event

from storepulse.domain.emails import normalised_email
from storepulse.domain.stores import store_id_of_domain

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENTS, ANALYTICS = "/api/cart-tracking/events", "/api/cart-tracking/analytics"


def cart(store: str, at: datetime, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"cart-event-{int(at.timestamp() * 1000)}-a3f9k2m", "event_id": str(uuid4()),
        "store_id": store, "store_name": f"{store[:8]}.myshopify.com", "product_id": "mug",
        "product_title": "Mug", "session_id": "s-1", "customer_email": "ann@example.com",
        "normalised_email": normalised_email(changed.get("customer_email", "ann@example.com")),
        "correlation_id": "c-1", "source": "tracker", "consent_analytics": "unknown",
        "consent_marketing": "unknown", "is_bot": False, "occurred_at": at, "created_at": at,
        **changed,
    }  # fmt: skip


def test_rows_have_the_names_of_the_contract(reads: Reads, store: str) -> None:
    image = "https://img.example/g.png"
    reads.insert("cart_tracking_events", cart(store, NOON, generated_image_url=image))
    (row,) = reads.read(EVENTS, storeId=store)["data"]
    assert row["id"] == "cart-event-1772366400000-a3f9k2m"
    assert row["storeName"] == f"{store[:8]}.myshopify.com"
    assert row["createdAt"] == "2026-03-01T12:00:00.000Z"
    assert row["generatedImageUrl"] == image
    assert row["customerLastName"] is None
    assert row["ipAddress"] is None


@pytest.mark.parametrize("name", ["storeName", "store_name"])
def test_a_store_is_found_by_its_bare_name(reads: Reads, store: str, name: str) -> None:
    domain = f"{store[:8]}.myshopify.com"
    own = store_id_of_domain(domain)
    reads.insert("cart_tracking_events", cart(own, NOON, store_name=domain))
    for written in (store[:8], f"HTTPS://{domain}/cart"):
        assert len(reads.read(EVENTS, **{name: written})["data"]) == 1


def test_a_name_means_the_store_of_that_name(reads: Reads, store: str) -> None:
    """What another store has written under it is that store's."""
    domain = f"{store[:8]}.myshopify.com"
    own, moved = store_id_of_domain(domain), str(uuid4())
    counted = {
        "hour": NOON, "day": NOON.date(), "store_name": domain, "is_bot": False,
        "generated_images": 0, "person_images": 0, "clothing_images": 0,
    }  # fmt: skip
    sold = {
        "day": NOON.date(), "product_id": "mug", "store_name": domain, "is_bot": False,
        "product_title": "Mug",
        "generated_images": 0,
    }  # fmt: skip
    for store_id, carts in ((store, 100), (own, 3), (moved, 2)):
        person = {"store_name": domain, "session_id": store, "customer_email": f"{store}@x.example"}
        reads.insert(
            "cart_tracking_events", *(cart(store_id, NOON, **person) for _ in range(carts))
        )
        reads.insert("cart_hourly", {**counted, "store_id": store_id, "carts": carts})
        reads.insert("cart_products_daily", {**sold, "store_id": store_id, "carts": carts})

    def figures(**asked: str) -> list[int]:
        data = reads.read(ANALYTICS, **asked)["data"]
        return [
            data["totals"]["carts"],
            *(
                sum(row["carts"] for row in data[name])
                for name in ("byStore", "byTime", "byProduct")
            ),
            *([len(data["journey"])] if data["journey"] is not None else []),
        ]

    session, email = {"sessionId": store}, {"customerEmail": f"{store}@x.example"}
    assert figures(storeName=domain) == [3] * 4
    assert figures(storeName=domain, **session) == figures(storeName=domain, **email) == [3] * 5
    assert len(reads.read(EVENTS, storeName=domain)["data"]) == 3
    assert figures(storeName=domain, storeId=store) == [100] * 4
    # A store with an id of its own is known by the domain that we were told.
    reads.insert("stores", {"store_id": moved, "domain": domain})
    assert figures(storeName=domain) == [5] * 4
    assert figures(storeName=domain, **session) == [5] * 5
    assert len(reads.read(EVENTS, storeName=domain)["data"]) == 5


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"productId": "hat"}, 1),
        ({"session_id": "s-2"}, 1),
        ({"customerEmail": "bob@example.com"}, 1),
        ({"from_": "2026-03-01T12:00:02Z"}, 1),
        ({"includeBots": "true"}, 4),
        ({"include_bots": "1"}, 4),
        ({}, 3),
    ],
)
def test_filters(reads: Reads, store: str, parameters: dict[str, str], count: int) -> None:
    reads.insert(
        "cart_tracking_events",
        cart(store, NOON, product_id="hat"),
        cart(store, NOON + timedelta(seconds=1), session_id="s-2"),
        cart(store, NOON + timedelta(seconds=2), customer_email="bob@example.com"),
        cart(store, NOON, is_bot=True),
    )
    assert len(reads.read(EVENTS, storeId=store, **parameters)["data"]) == count


def test_pages_lose_and_repeat_nothing(reads: Reads, store: str) -> None:
    rows = [cart(store, NOON + timedelta(seconds=n % 2)) for n in range(11)]
    reads.insert("cart_tracking_events", *rows)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = reads.read(EVENTS, storeId=store, limit=2, **cursor)
        seen += [row["eventId"] for row in page["data"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    expected = sorted(rows, key=lambda r: (-r["created_at"].timestamp(), r["event_id"]))
    assert seen == [row["event_id"] for row in expected]


def test_figures_of_a_store(reads: Reads, store: str) -> None:
    name = f"{store[:8]}.myshopify.com"
    store = store_id_of_domain(name)

    def hour(at: str, carts: int, images: int, *, bot: bool = False) -> dict[str, Any]:
        return {
            "store_id": store, "hour": at, "day": at[:10], "store_name": name, "is_bot": bot,
            "carts": carts, "generated_images": images, "person_images": 1, "clothing_images": 0,
        }  # fmt: skip

    reads.insert(
        "cart_hourly", hour("2026-03-01 10:00Z", 3, 1), hour("2026-03-01 11:00Z", 1, 1),
        hour("2026-03-02 00:00Z", 4, 0), hour("2026-03-01 10:00Z", 50, 50, bot=True),
    )  # fmt: skip
    product = {
        "store_id": store, "day": "2026-03-01", "product_id": "mug", "store_name": name,
        "is_bot": False, "product_title": "Mug", "carts": 4, "generated_images": 2,
    }  # fmt: skip
    reads.insert("cart_products_daily", product, {**product, "day": "2026-03-02", "carts": 4,
                                                  "generated_images": 0})  # fmt: skip

    answer = reads.read(ANALYTICS, storeName=name)
    assert (answer["from"], answer["to"]) == (None, None)
    data = answer["data"]
    assert data["totals"] == {
        "carts": 8, "generatedImages": 2, "shareFromImage": 0.25, "personImages": 3,
        "clothingImages": 0, "sessions": None,
    }  # fmt: skip
    assert [(s["storeName"], s["carts"]) for s in data["byStore"]] == [(name, 8)]
    assert [(d["at"], d["carts"]) for d in data["byTime"]] == [
        ("2026-03-01T00:00:00.000Z", 4), ("2026-03-02T00:00:00.000Z", 4),
    ]  # fmt: skip
    assert [(p["productId"], p["carts"], p["shareFromImage"]) for p in data["byProduct"]] == [
        ("mug", 8, 0.25)
    ]
    assert data["journey"] is None

    # A period inside a day is widened to it, for every figure alike.
    narrow = reads.read(
        ANALYTICS, store_id=store, interval="hour", from_="2026-03-01T10:30:00Z",
        to="2026-03-01T10:45:00Z",
    )  # fmt: skip
    assert (narrow["from"], narrow["to"]) == (
        "2026-03-01T00:00:00.000Z",
        "2026-03-02T00:00:00.000Z",
    )
    assert narrow["data"]["totals"]["carts"] == 4
    assert narrow["data"]["byProduct"][0]["carts"] == 4
    assert [(h["at"][11:13], h["carts"]) for h in narrow["data"]["byTime"]] == [
        ("10", 3),
        ("11", 1),
    ]


def test_the_journey_of_a_session_and_of_a_customer(reads: Reads, store: str) -> None:
    minute = timedelta(minutes=1)
    reads.insert(
        "customer_activity",
        event(store, NOON, page_url="https://shop.example/"),
        event(store, NOON + 3 * minute, activity_type="purchase"),
        event(store, NOON, session_id="other"),
    )
    reads.insert(
        "cart_tracking_events",
        cart(store, NOON + minute, generated_image_url="https://img.example/1.png"),
        cart(store, NOON + 2 * minute, product_id=None),
        cart(store, NOON + minute, session_id="s-9", customer_email="bob@example.com"),
    )
    for person in ({"sessionId": "s-1"}, {"customerEmail": "ann@example.com"}):
        data = reads.read(ANALYTICS, storeId=store, **person)["data"]
        kinds = [step["kind"] for step in data["journey"]]
        assert kinds == ["page_view", "cart_add", "cart_add", "purchase"]
        assert data["journey"][1]["generatedImageUrl"] == "https://img.example/1.png"
        assert data["totals"]["carts"] == 2
        assert data["totals"]["shareFromImage"] == 0.5
        assert [p["carts"] for p in data["byProduct"]] == [1]
        assert [s["carts"] for s in data["byStore"]] == [2]


@pytest.mark.parametrize("asked", ["jane@example.com", " JANE@example.COM "])
def test_spellings_of_an_address_are_one_customer(reads: Reads, store: str, asked: str) -> None:
    sent = ("Jane@example.com", "jane@Example.com", "JANE@EXAMPLE.COM", "janet@example.com")
    rows = [cart(store, NOON, customer_email=email) for email in sent]
    reads.insert("cart_tracking_events", *rows)
    found = reads.read(EVENTS, storeId=store, customerEmail=asked)["data"]
    assert {row["customerEmail"] for row in found} == set(sent[:3])
    data = reads.read(ANALYTICS, storeId=store, customer_email=asked)["data"]
    assert data["totals"]["carts"] == len(data["journey"]) == 3
