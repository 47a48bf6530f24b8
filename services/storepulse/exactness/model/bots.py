"""Tables of chats with bots: rows, hours, users by day and in total, and their choices."""

from __future__ import annotations

from typing import Any

from storepulse.exactness.model.events import (
    Event,
    Tables,
    day_of,
    grouped,
    hour_of,
    moment,
)

_CHOICES = {"persona": "persona_selected", "story": "story_selected"}


def bot_tables(events: list[Event]) -> Tables:
    hours = grouped(
        events, lambda e: (e["store_id"], day_of(e), hour_of(e), e["event_type"], e["is_bot"])
    )
    by_users = [e for e in events if not e["is_bot"]]
    users = grouped(by_users, lambda e: (e["store_id"], e["client_id"]))
    choices: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for kind, selecting in _CHOICES.items():
        named = [e for e in by_users if e[kind] is not None]
        found = grouped(named, lambda e, kind=kind: (e["store_id"], day_of(e), kind, e[kind]))
        for key, telling in found.items():
            choices[key] = (len(telling), sum(e["event_type"] == selecting for e in telling))
    return {
        "tg_analytics_events": {(e["store_id"], e["event_id"]): _row_of(e) for e in events},
        "bot_hourly": {key: (len(found),) for key, found in hours.items()},
        "bot_users": {key: _user_of(found) for key, found in users.items()},
        "bot_users_daily": {(e["store_id"], day_of(e), e["client_id"]): () for e in by_users},
        "bot_choices_daily": choices,
    }


def _row_of(event: Event) -> tuple[Any, ...]:
    image = event["image_url"] or ""
    is_inline = image.lower().startswith("data:image/")
    return (
        event["session_id"], event["visitor_id"], moment(event["occurred_at"]),
        event["event_type"], event["client_id"], event["persona"], event["story"], event["text"],
        None if is_inline else event["image_url"], is_inline, event["name"],
        event["customer_id"], event["email_hash"], event["is_bot"],
    )  # fmt: skip


def _user_of(events: list[Event]) -> tuple[Any, ...]:
    kinds = [e["event_type"] for e in events]
    times = [e["occurred_at"] for e in events]
    by_user, by_model = kinds.count("user_message"), kinds.count("ai_message")
    return (
        moment(min(times)), moment(max(times)), len(events), by_user + by_model, by_user,
        by_model, kinds.count("image_generated"), kinds.count("premium_action"),
        _last(events, "persona"), _last(events, "story"),
    )  # fmt: skip


def _last(events: list[Event], choice: str) -> str:
    """The choice in the latest event that has one; empty if none has."""
    named = [e for e in events if e[choice] is not None]
    last = max(named, key=lambda e: (e["occurred_at"], e["event_id"]), default=None)
    return "" if last is None else str(last[choice])
