"""Images by address: who generated them, and whether a cart names them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from storepulse.exactness.model.events import Event, Tables, day_of, grouped, moment


def image_tables(events: list[Event]) -> Tables:
    generated = [e | {"image": _hash_of(name)} for e in events if (name := _generated(e))]
    carted = [e | {"image": _hash_of(name)} for e in events for name in _named_by_cart(e)]
    tellings = grouped(generated, lambda e: (e["store_id"], e["image"]))
    carts = grouped(carted, lambda e: (e["store_id"], e["image"]))
    result: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for key in tellings.keys() | carts.keys():
        by = {e["is_bot"] for e in carts.get(key, [])}
        told = tellings.get(key, [])
        # Events of people take precedence over those of robots; then the earliest counts.
        first = min(
            told, key=lambda e: (e["is_bot"], e["occurred_at"], e["event_id"]), default=None
        )
        result[key] = (
            *(
                (None, None, None, None)
                if first is None
                else (
                    moment(first["occurred_at"]), day_of(first), first.get("product_id"),
                    first["is_bot"],
                )
            ),
            False in by, True in by,
        )  # fmt: skip
    return {"images": result}


def _generated(event: Event) -> str:
    """The address of the image that an event reports as generated; empty for other events."""
    if event["stream"] == "bot" and event["event_type"] == "image_generated":
        address = event["image_url"] or ""
        return "" if address.lower().startswith("data:") else _without_query(address)
    if event.get("activity_type") != "custom" or event.get("name") != "image_generated":
        return ""
    said = json.loads(event.get("metadata") or "{}")
    for name in ("image_url", "imageUrl", "generated_image_url"):
        if isinstance(said.get(name), str) and said[name].strip(" \t\r\n"):
            return _without_query(said[name])
    return ""


def _named_by_cart(event: Event) -> set[str]:
    if event["stream"] != "cart":
        return set()
    names = ("generated_image_url", "person_image_url", "clothing_image_url")
    return {_without_query(event[name]) for name in names if event[name]} - {""}


def _without_query(address: str) -> str:
    return address.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].strip(" \t\r\n")


def _hash_of(address: str) -> str:
    return sha256(address.encode()).hexdigest()
