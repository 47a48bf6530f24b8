"""Tables of clicks, hovers and scrolling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storepulse.exactness.model.clicks import may_be_rage, reacts
from storepulse.exactness.model.events import Event, Tables, grouped, hour_of
from storepulse.exactness.model.pages import counted_page, heatmap_selector

#: From the least to the greatest.
DEVICES = ("mobile", "tablet", "desktop", "unknown")


@dataclass
class ElementCounts:
    clicks: int = 0
    rage: int = 0
    dead: int = 0
    hovers: int = 0
    dwell: int = 0


def heatmap_tables(events: list[Event], *times: Mapping[str, int]) -> Tables:
    """`times`: by event id, of each kind by which clicks may be too far apart to see each other."""
    cells: dict[tuple[Any, ...], tuple[int, int]] = {}
    elements: dict[tuple[Any, ...], ElementCounts] = defaultdict(ElementCounts)
    rage = rage_clicks_of(events, *times)
    for event in events:
        kind, is_bot = event["kind"], event["is_bot"]
        place = (event["store_id"], counted_page(event), hour_of(event), event["device"])
        if kind == "scroll":
            continue
        width = event["viewport_width"] or 1280
        cell = (*place, kind, min(127, event["x"] * 128 // width), event["y"] // 16, is_bot)
        count, dwell = cells.get(cell, (0, 0))
        cells[cell] = (count + 1, dwell + (event["dwell_ms"] or 0))
        element = elements[*place, heatmap_selector(event), is_bot]
        if kind == "hover":
            element.hovers += 1
            element.dwell += event["dwell_ms"] or 0
            continue
        element.clicks += 1
        selector = heatmap_selector(event)
        is_dead = selector not in ("", "(other)") and not reacts(selector)
        element.dead += event.get("is_dead", is_dead)
        element.rage += (event["store_id"], event["event_id"]) in rage
    return {
        "heatmap_cells": dict(cells),
        "heatmap_scroll": scroll_of([e for e in events if e["kind"] == "scroll"]),
        "heatmap_elements": {
            key: (e.clicks, e.rage, e.dead, e.hovers, e.dwell) for key, e in elements.items()
        },
    }


def scroll_of(scrolls: list[Event]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Events and views. A view counts at its first hour, device and bots, by its furthest."""
    events: dict[tuple[Any, ...], int] = defaultdict(int)
    views: dict[tuple[Any, ...], int] = defaultdict(int)
    for e in scrolls:
        place = (e["store_id"], counted_page(e), hour_of(e), e["device"])
        events[*place, e["scroll_depth"] // 5, e["is_bot"]] += 1
    for view in grouped(scrolls, view_of).values():
        hour, device, is_bot = min(
            (hour_of(e), DEVICES.index(e["device"]), e["is_bot"]) for e in view
        )
        furthest = max(e["scroll_depth"] // 5 for e in view)
        page = (view[0]["store_id"], counted_page(view[0]))
        views[*page, hour, DEVICES[device], furthest, is_bot] += 1
    return {key: (events[key], views[key]) for key in events.keys() | views.keys()}


def view_of(scroll: Event) -> tuple[Any, ...]:
    view = scroll.get("view_id") or hour_of(scroll)
    return (scroll["store_id"], counted_page(scroll), scroll["session_id"], view)


def rage_clicks_of(events: list[Event], *times: Mapping[str, int]) -> set[tuple[str, str]]:
    """Store and id of the clicks that two others of their session and page go before.

    Clicks in several partitions of a topic, where foreign producers may put them, do not see each
    other; `partition` says in which one a click lies, where that is known.
    """
    clicks = [e for e in events if e["kind"] == "click" and may_be_rage(e)]
    clicks.sort(key=lambda e: (e["occurred_at"], e["event_id"]))
    seen = grouped(
        clicks, lambda e: (e["store_id"], e["session_id"], counted_page(e), e.get("partition"))
    )
    return {
        (click["store_id"], click["event_id"])
        for group in seen.values()
        for n, click in enumerate(group)
        if has_two_near(group, n, *times)
    }


def has_two_near(group: list[Event], n: int, *times: Mapping[str, int]) -> bool:
    """Whether two clicks before the one at `n` are near it; the group is in order of time."""
    click, found = group[n], 0
    for at in range(n - 1, -1, -1):
        earlier = group[at]
        if click["occurred_at"] - earlier["occurred_at"] > 1_000:
            return False
        found += is_near(click, earlier, *times)
        if found == 2:
            return True
    return False


def is_near(click: Event, earlier: Event, *times: Mapping[str, int]) -> bool:
    apart = (click["x"] - earlier["x"]) ** 2 + (click["y"] - earlier["y"]) ** 2
    torn = [at.get(click["event_id"], 0) - at.get(earlier["event_id"], 0) for at in times]
    return apart <= 30**2 and all(abs(apart) <= 60_000 for apart in torn)
