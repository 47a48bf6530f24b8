"""Sessions and funnels as a shop's events tell them, from the gateway to the query service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.integration.agents.workers import drained
from tests.support.ingest_records import event_id
from tests.support.services import Service
from tests.support.world import World

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store

ZONE = ZoneInfo("Asia/Kolkata")
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
SHOP = "https://mugs.example"
NIGHT, SERVERS, AGAIN, PAYING, UNNAMED = (event_id(800 + n) for n in range(5))
pytestmark = pytest.mark.timeout(150)


def act(
    store: str, session: str, at: datetime, kind: str = "page_view", **more: Any
) -> dict[str, Any]:
    return {
        "store_id": store, "session_id": session, "activity_type": kind,
        "timestamp": at.isoformat(), **more,
    }  # fmt: skip


def shop_events(midnight: datetime) -> list[dict[str, Any]]:
    """`midnight` is the store's, not UTC's."""
    minute = timedelta(minutes=1)
    noon = midnight - timedelta(hours=12)
    night = [
        act(NIGHT, "s", midnight + minutes * minute, kind, page_url=f"{SHOP}/{kind}")
        for kind, minutes in zip(STEPS, (-10, -6, -4, -1, 2), strict=True)
    ]
    servers = [
        act(SERVERS, "s", noon, "custom", name="consent"),
        act(SERVERS, "s", noon + minute, page_url=f"{SHOP}/landing", referrer="https://www.google.com/search?q=mug"),
        act(SERVERS, "s", noon + 2 * minute, "checkout_start", page_url=f"{SHOP}/checkout/?step=1"),
        act(SERVERS, "s", noon + 3 * minute, "purchase", value=9.5, currency="EUR"),
    ]  # fmt: skip
    again = [
        act(AGAIN, "s", noon, page_url=f"{SHOP}/a", referrer="https://blog.example/"),
        act(AGAIN, "s", noon + 31 * minute, page_url=f"{SHOP}/b", referrer="https://www.mugs.example/a"),
    ]  # fmt: skip
    paying = [
        act(PAYING, "s", noon, page_url="https://pay.example/1", referrer=f"{SHOP}/products/red"),
        act(PAYING, "s", noon + minute, page_url=f"{SHOP}/products/red/?utm_source=Mail"),
    ]
    unnamed = [act(UNNAMED, "undefined", noon - n * 25 * minute) for n in range(60)]
    return [*reversed(night), *servers, *again, *paying, *unnamed]


def test_sessions_and_funnels_are_what_the_shop_saw(
    world: World, services: dict[str, Service]
) -> None:
    now = datetime.now(UTC)
    with world.connect() as connection:
        for store, domain, settings in (
            (NIGHT, None, {"time_zone": ZONE.key}),
            (PAYING, "mugs.example", {"page_patterns": ["/products/*"]}),
        ):
            create_store(
                connection, CLI, now - timedelta(days=20), store_id=UUID(store), domain=domain,
                settings=settings,
            )  # fmt: skip
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = today - timedelta(days=1)
    events = shop_events(midnight)
    with httpx.Client(timeout=10, headers=world.headers) as client:

        def read(path: str, **asked: Any) -> list[dict[str, Any]]:
            answer = client.get(services["query"].url + path, params=asked)
            assert answer.status_code == 200, answer.text
            data: list[dict[str, Any]] = answer.json()["data"]
            return data

        def told(store: str, *names: str) -> list[tuple[Any, ...]]:
            """Of each of the store's sessions, the first one first."""
            rows = read("/api/analytics/sessions", store_id=store)
            return [tuple(row[name] for name in names) for row in reversed(rows)]

        def funnel(day: datetime) -> list[int]:
            days = {"from": f"{day:%F}", "to": f"{day + timedelta(days=1):%F}"}
            steps = read("/api/analytics/funnel", store_id=NIGHT, **days)
            return [step["sessions"] for step in steps]

        body = {"stream": "activity", "events": events}
        answer = client.post(f"{services['gateway'].url}/collect", json=body)
        assert answer.status_code in (200, 202), answer.text
        drained(world, len(events))

        # Over the store's midnight: one session, whole on the day on which it began.
        assert told(NIGHT, "events", "steps", "is_long") == [(5, list(STEPS), False)]
        assert funnel(midnight - timedelta(days=1)) == [1, 1, 1, 1, 1]
        assert sum(funnel(midnight)) == 0
        # Events without a page are neither entry nor exit, and name no source.
        seen = told(SERVERS, "entry_page", "exit_page", "source")
        assert seen == [("/landing", "/checkout", "google.com")]
        # The shop itself is no source: known by the page's own host, or by the store's domain.
        assert told(AGAIN, "entry_page", "source") == [("/a", "blog.example"), ("/b", None)]
        paid = told(PAYING, "entry_page", "exit_page", "source", "utm_source")
        assert paid == [("/1", "/products/*", None, None)]
        # A client that sends "undefined" has one session, and it is flagged.
        assert told(UNNAMED, "events", "is_long") == [(60, True)]
