"""Each order once, however often it is told."""

from __future__ import annotations

from typing import Any

from storepulse.exactness.model.events import Event, amount, day_of, grouped, moment
from storepulse.exactness.model.pages import landing_page


def order_of(event: Event) -> str | None:
    """The order that a purchase names."""
    kind = event.get("activity_type") or event.get("event_type")
    return event.get("order_id") or None if kind in ("purchase", "Purchase") else None


def orders_of(events: list[Event]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Each order once: when it was first told, where, and what the best word says of it."""
    result: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    told = [e for e in events if order_of(e)]
    for key, found in grouped(told, lambda e: (e["store_id"], order_of(e))).items():
        in_time = sorted(found, key=lambda e: (e["occurred_at"], e["event_id"], e["stream"]))
        by_trust = sorted(in_time, key=lambda e: e.get("source") in ("server", "import"))
        page = next((e for e in in_time if e.get("landing_page_id")), None)
        paid = [e for e in by_trust if e["value"] is not None]

        def best(name: str, words: list[Event] = by_trust) -> Any:
            return next((e[name] for e in reversed(words) if e.get(name) is not None), None)

        result[key] = (
            moment(in_time[0]["occurred_at"]), day_of(in_time[0]),
            landing_page(page) if page else None, page["campaign_id"] if page else None,
            amount(paid[-1]) if paid else None, paid[-1]["currency"] if paid else None,
            best("session_id"), best("visitor_id"), all(e["is_bot"] for e in found),
        )  # fmt: skip
    return result
