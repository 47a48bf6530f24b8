"""Tables of clicks, hovers and scrolling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storepulse.exactness.model.clicks import may_be_rage, reacts
from storepulse.exactness.model.events import Event, Tables, hour_of
from storepulse.exactness.model.pages import counted_page, heatmap_selector


@dataclass
class ElementCounts:
    clicks: int = 0
    rage: int = 0
    dead: int = 0
    hovers: int = 0
    dwell: int = 0


def heatmap_tables(events: list[Event], *times: Mapping[str, int]) -> Tables:
    """`times`: of each kind that may tear a burst apart, by event id."""
    cells: dict[tuple[Any, ...], tuple[int, int]] = {}
    reach: dict[tuple[Any, ...], int] = defaultdict(int)
    elements: dict[tuple[Any, ...], ElementCounts] = defaultdict(ElementCounts)
    before: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        kind, is_bot = event["kind"], event["is_bot"]
        place = (event["store_id"], counted_page(event), hour_of(event), event["device"])
        if kind == "scroll":
            reach[*place, event["scroll_depth"] // 5, is_bot] += 1
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
        element.dead += selector not in ("", "(other)") and not reacts(selector)
        if not may_be_rage(event):
            continue
        clicks = before[event["store_id"], event["session_id"]]
        element.rage += len(clicks) >= 2 and all(
            is_near(event, earlier, *times) for earlier in clicks[-2:]
        )
        clicks.append(event)
    return {
        "heatmap_cells": dict(cells),
        "heatmap_scroll": {key: (count,) for key, count in reach.items()},
        "heatmap_elements": {
            key: (e.clicks, e.rage, e.dead, e.hovers, e.dwell) for key, e in elements.items()
        },
    }


def is_near(click: Event, earlier: Event, *times: Mapping[str, int]) -> bool:
    apart = (click["x"] - earlier["x"]) ** 2 + (click["y"] - earlier["y"]) ** 2
    torn = [at.get(click["event_id"], 0) - at.get(earlier["event_id"], 0) for at in times]
    return (
        apart <= 30**2
        and abs(click["occurred_at"] - earlier["occurred_at"]) <= 1_000
        and all(abs(apart) <= 2_000 for apart in torn)
        and counted_page(click) == counted_page(earlier)
    )
