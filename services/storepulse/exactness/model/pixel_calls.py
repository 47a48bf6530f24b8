"""Called pixels by purchase, and purchases without an order number."""

from __future__ import annotations

import json
import re
from typing import Any

from storepulse.exactness.model.events import Event, Tables, day_of
from storepulse.exactness.model.orders import bare, number_in

_EVENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def pixel_call_tables(events: list[Event]) -> Tables:
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for event in events:
        store = event["store_id"]
        if event["activity_type"] == "purchase":
            if number_in(event, "order_id") is None and event.get("value") is not None:
                rows[store, event["event_id"], ""] = day_of(event), event["is_bot"]
            continue
        purchase, pixels = _told_by(event)
        for pixel in pixels:
            key = store, purchase, pixel
            by_robots = key not in rows or rows[key][1]
            rows[key] = None, by_robots and event["is_bot"]
    return {"pixel_calls": rows}


def _told_by(event: Event) -> tuple[str, set[str]]:
    if event["activity_type"] != "custom" or event.get("name") != "pixels_called":
        return "", set()
    try:
        said = json.loads(event.get("metadata") or "{}")
    except (ValueError, RecursionError):
        return "", set()
    if not isinstance(said, dict) or said.get("event") != "purchase":
        return "", set()
    pixels = said.get("pixels")
    known = {name for name in ("meta", "google") if isinstance(pixels, list) and name in pixels}
    purchase = _purchase_of(said.get("order_id"), said.get("event_id"))
    return (purchase, known) if purchase else ("", set())


def _purchase_of(order: Any, event_id: Any) -> str:
    vendor_id = event_id if isinstance(event_id, str) else ""
    if type(order) is int and -(2**53) < order < 2**53:
        order = str(order)
    if not isinstance(order, str):
        order = vendor_id[9:] if vendor_id[:9] == "purchase:" else ""
    number = number_in({"order_id": order.strip()}, "order_id")
    if number is not None and len(number) <= 255 and "\0" not in number:
        return "purchase:" + bare(number)
    return vendor_id.lower() if _EVENT_ID.fullmatch(vendor_id.lower()) else ""
