"""Carts by session, and the events that are derived rather than actions of a visitor."""

from __future__ import annotations

from typing import Any

from storepulse.exactness.model.events import Event, Tables, grouped, moment

DAY_MS = 24 * 3_600_000
NAMES = ("cart_abandoned", "checkout_abandoned")
#: What an event is to a cart, by its type; events of the cart stream are all adds.
KINDS = {
    "add_to_cart": "added",
    "checkout_start": "checkout",
    "purchase": "purchased",
    "Purchase": "purchased",
}


def is_derived(event: Event) -> bool:
    """Whether the agents created it from other events."""
    return (
        event["stream"] == "activity"
        and event["activity_type"] == "custom"
        and event.get("name") in NAMES
        and event.get("source") == "server"
    )


def acts(events: list[Event]) -> list[Event]:
    """The events that are actions."""
    return [event for event in events if not is_derived(event)]


def session_cart_tables(events: list[Event]) -> Tables:
    """One row per session that added something to a cart, began a checkout or bought."""
    touching = [e for e in events if e["session_id"] is not None and _kind_of(e)]
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for key, found in grouped(touching, lambda e: (e["store_id"], e["session_id"])).items():
        steps = sorted((e for e in found if _is_step(e)), key=_word_of)
        bought = [_at(e) for e in found if _kind_of(e) == "purchased"]
        if steps or bought:
            rows[key] = (
                _word_of(steps[-1]) if steps else None,
                moment(_receipt_of(steps[-1])) if steps else None,
                *(
                    _moment(max((_at(e) for e in steps if _kind_of(e) == kind), default=None))
                    for kind in ("added", "checkout")
                ),
                _moment(max(bought, default=None)),
                *(
                    next((e[name] for e in reversed(steps) if e.get(name)), None)
                    for name in ("visitor_id", "customer_id", "email_hash")
                ),
                steps[-1].get("country") if steps else None,
            )
    return {"session_carts": rows}


def _kind_of(event: Event) -> str | None:
    if event["stream"] == "cart":
        return "added"
    kind = event.get("activity_type") or event.get("event_type")
    if event["stream"] == "landing" and kind != "Purchase":
        return None
    return KINDS.get(kind or "")


def _is_step(event: Event) -> bool:
    return (
        _kind_of(event) != "purchased"
        and not event["is_bot"]
        and event.get("source") not in ("import", "replay")
        and _receipt_of(event) - event["occurred_at"] <= DAY_MS
    )


def _receipt_of(event: Event) -> int:
    """The time of receipt; events of tests without one are received at once."""
    received: int | None = event.get("received_at")
    occurred: int = event["occurred_at"]
    return occurred if received is None else received


def _at(event: Event) -> int:
    occurred: int = event["occurred_at"]
    return min(occurred, _receipt_of(event))


def _word_of(event: Event) -> str:
    return f"{_at(event):015d}:{event['event_id']}:{event['stream']}"


def _moment(ms: int | None) -> Any:
    return None if ms is None else moment(ms)
