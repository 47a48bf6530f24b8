"""Python, aiogram and Node against the real gateway: each chat's timeline is what happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.integration.client.pages import run_node
from tests.integration.client.telegram_stand_in import TelegramApi
from tests.integration.client.test_aiogram import TIMELINE, UPDATES, USER_ID, run_bot
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import home_key, new_key, store_key
from storepulse.client import ClientStats, Problem, Storepulse

pytestmark = pytest.mark.timeout(400)
STORE = UUID("d3333333-3333-4333-8333-333333333333")
IMAGE = "https://cdn.shop.example/1.png"


class Chats:
    """Timelines as the query service answers them."""

    def __init__(self, query: str, key: str) -> None:
        self._client = httpx.Client(base_url=query, headers={"x-api-key": key})

    def read(self, client_id: int) -> list[dict[str, Any]]:
        path = f"/api/analytics/users/{client_id}/events"
        answer = self._client.get(path, params={"store_id": str(STORE), "limit": 100})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    def wait(self, client_id: int, number: int) -> list[dict[str, Any]]:
        """The timeline once it has so many events."""
        wait_until(lambda: len(self.read(client_id)) >= number, f"events of {client_id}")
        return self.read(client_id)

    def close(self) -> None:
        self._client.close()


def wait_known(gateway: str, key: str) -> None:
    """Waits until the gateway has read the key."""
    wait_until(
        lambda: httpx.post(f"{gateway}/api/usage", headers={"x-api-key": key}).status_code != 401,
        "that the key is known",
        seconds=60,
    )


def track_all(storepulse: Storepulse) -> list[str | None]:
    """The ten events of a bot, and one of the shop's own."""
    return [
        storepulse.start_command(77, metadata={"start_param": "a"}),
        storepulse.persona_selected(77, "Stylist"),
        storepulse.story_selected(77, "autumn", persona="Stylist"),
        storepulse.user_message(77, "Hello \ud83d", persona="Stylist"),
        storepulse.ai_message(77, "x" * 20_000),
        storepulse.image_generated(77, IMAGE),
        storepulse.image_refresh(77, IMAGE),
        storepulse.premium_action("77", metadata={"action": "opened"}),
        storepulse.chat_cleared(77),
        storepulse.chat_continued(77),
        storepulse.bot_event(77, "shared"),
    ]


def check_shop(world: World, storepulse: Storepulse) -> None:
    """A shop's server tells of a product, a cart and an order, twice."""
    fields: dict[str, Any] = {"session_id": "s-1", "visitor_id": "v-1"}
    storepulse.track("product_view", product_id=42, **fields)
    storepulse.track("signup", metadata={"plan": "pro"}, **fields)
    storepulse.cart_add(42, product_title="Mug", consent={"analytics": "granted"}, **fields)
    for _ in range(2):
        storepulse.purchase(1001, value="49.90", currency="EUR", **fields)
    assert storepulse.flush(60)
    with world.connect() as connection:
        rows = b"SELECT activity_type::text, name, source::text FROM customer_activity"

        def stored() -> list[tuple[Any, ...]]:
            return sorted(connection.execute(rows).fetchall(), key=str)

        wait_until(lambda: len(stored()) >= 3, lambda: f"rows: {stored()}")
        carts = b"SELECT product_id FROM cart_tracking_events"
        assert stored() == [
            ("custom", "signup", "server"),
            ("product_view", None, "server"),
            ("purchase", None, "server"),
        ]
        wait_until(lambda: len(connection.execute(carts).fetchall()) == 1, "the cart")


def check_books(world: World, storepulse: Storepulse) -> None:
    """A shop's server tells what became of an order, what it used, and of a campaign."""
    order: dict[str, Any] = {"currency": "EUR", "order_name": "#2002", "channel": "web"}
    # Of one millisecond, no order of words would be stated.
    created, paid = (datetime.now(UTC) - timedelta(seconds=ago) for ago in (2, 1))
    storepulse.order_event("created", 2001, value="49.90", timestamp=created, **order)
    storepulse.order_event("paid", 2001, value="39.90", timestamp=paid, **order)
    for _ in range(2):
        storepulse.order_event("refunded", 2001, refund_id=5, refund_value="9.90")
    storepulse.usage("sms_sent", "1.5", metadata={"country": "DE"})
    storepulse.usage("sms_sent", "1.5")
    storepulse.campaign_event("WEBAPP_OPEN", "summer-2026", "t-4f81")
    assert storepulse.flush(60)

    with world.connect() as connection:

        def stored(columns: bytes, table: bytes) -> list[tuple[Any, ...]]:
            rows = b"SELECT " + columns + b" FROM " + table + b" WHERE store_id = %s"
            return sorted(connection.execute(rows, [STORE]).fetchall(), key=str)

        def wait(columns: bytes, table: bytes, wanted: list[tuple[Any, ...]]) -> None:
            wait_until(
                lambda: stored(columns, table) == wanted,
                lambda: f"{table!r}: {stored(columns, table)}",
            )

        words = b"event_type::text, order_id, value::text, refund_id, source::text"
        wait(
            words,
            b"order_events",
            [
                ("created", "2001", "49.9000", None, "server"),
                ("paid", "2001", "39.9000", None, "server"),
                *[("refunded", "2001", None, "5", "server")] * 2,
            ],
        )
        # The last word on the amount, and the refund once.
        wait(
            b"order_id, amount::text, refunded::text",
            b"orders",
            [("1001", "49.9000", "0.0000"), ("2001", "39.9000", "9.9000")],
        )
        wait(b"meter, quantity::text", b"usage_events", [("sms_sent", "1.5000")] * 2)
        wait(
            b"event_name, campaign_id, tracking_id",
            b"pulse_events",
            [("WEBAPP_OPEN", "summer-2026", "t-4f81")],
        )


def test_chats_of_every_client_end_in_the_timeline(
    world: World, services: dict[str, Service], tmp_path: Path
) -> None:
    key = new_key("secret")
    with world.connect() as connection:
        store_key(connection, key, kind="secret", scopes=["ingest"], store_id=STORE)
    gateway = services["gateway"].url
    chats = Chats(services["query"].url, home_key(Path(world.settings.home)))
    wait_known(gateway, key)
    told: list[Problem] = []
    storepulse = Storepulse(
        gateway, key, store_name="shop.example", on_error=told.append, spool=tmp_path / "spool"
    )
    with storepulse:
        ids = track_all(storepulse)
        assert storepulse.flush(60), told
        assert storepulse.stats() == ClientStats(11, 0, 0, 0, 0), told
        timeline = chats.wait(77, 11)
        assert {event["event_id"] for event in timeline} == set(ids)
        check_timeline(timeline)
        check_shop(world, storepulse)
        check_books(world, storepulse)
    assert told == []

    telegram = TelegramApi(UPDATES)
    run_bot(telegram, gateway, key, "", lambda: len(chats.read(USER_ID)) >= 8)
    types = sorted(event["event_type"] for event in chats.read(USER_ID))
    assert types == sorted(kind for kind, chat, _ in TIMELINE if chat == USER_ID)
    assert [event["text"] for event in chats.wait(-100500, 1)] == ["Hello"]

    node_ids = run_node(
        tmp_path, gateway, key, json.dumps([["user_message", {"text": "From Node"}]])
    )
    wait_until(
        lambda: node_ids[0] in {event["event_id"] for event in chats.read(USER_ID)}, "Node's event"
    )
    chats.close()


def check_timeline(timeline: list[dict[str, Any]]) -> None:
    by_type = {event["event_type"]: event for event in timeline}
    assert len(by_type) == 11
    assert by_type["start_command"]["metadata"] == {"start_param": "a"}
    assert by_type["persona_selected"]["persona"] == "Stylist"
    assert by_type["story_selected"]["story"] == "autumn"
    assert by_type["user_message"]["text"] == "Hello ?"
    assert by_type["ai_message"]["text"] == "x" * 16_384
    assert by_type["image_generated"]["image_url"] == IMAGE
    assert by_type["image_refresh"]["image_url"] == IMAGE
    assert by_type["premium_action"]["metadata"] == {"action": "opened"}
    assert by_type["custom"]["name"] == "shared"
