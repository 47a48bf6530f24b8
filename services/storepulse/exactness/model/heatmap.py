"""Tables of clicks, hovers and scrolling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from storepulse.exactness.model.clicks import may_be_rage, reacts
from storepulse.exactness.model.events import Event, Tables, grouped, hour_of
from storepulse.exactness.model.pages import counted_page, heatmap_selector

#: From least to greatest.
DEVICES = ("mobile", "tablet", "desktop", "unknown")


#: For events where all clicks of a burst arrived together.
NOT_TORN: Mapping[str, int] = MappingProxyType({})


class Click(NamedTuple):
    """`place`: its number among the clicks of its session and page, by arrival; `arrived`: when,
    in ms."""

    event: Event
    place: int
    arrived: int

    def is_near(self, other: Click) -> bool:
        """Whether it is near in position and in arrival."""
        apart = [self.event[axis] - other.event[axis] for axis in "xy"]
        return (
            apart[0] ** 2 + apart[1] ** 2 <= 30**2
            and abs(self.place - other.place) <= 256
            and abs(self.arrived - other.arrived) <= 60_000
        )


@dataclass
class ElementCounts:
    clicks: int = 0
    rage: int = 0
    dead: int = 0
    hovers: int = 0
    dwell: int = 0


def heatmap_tables(events: list[Event], arrived_at: Mapping[str, int] = NOT_TORN) -> Tables:
    """`arrived_at`: by event id, for clicks that may have arrived too far apart to be compared."""
    cells: dict[tuple[Any, ...], tuple[int, int]] = {}
    elements: dict[tuple[Any, ...], ElementCounts] = defaultdict(ElementCounts)
    rage = rage_clicks_of(events, arrived_at)
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
    by_day = grouped(events, lambda e: (e["store_id"], counted_page(e), utc_day(e), e["is_bot"]))
    return {
        "heatmap_pages_daily": {
            key: (
                sum(e["kind"] != "scroll" for e in found),
                sum(e["kind"] == "scroll" for e in found),
            )
            for key, found in by_day.items()
        },
        "heatmap_cells": dict(cells),
        "heatmap_scroll": scroll_of([e for e in events if e["kind"] == "scroll"]),
        "heatmap_elements": {
            key: (e.clicks, e.rage, e.dead, e.hovers, e.dwell) for key, e in elements.items()
        },
    }


def utc_day(event: Event) -> date:
    """The UTC day on which it happened."""
    return hour_of(event).date()


def scroll_of(scrolls: list[Event]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Events and views. A view counts under its first hour, device and bot flag, by its furthest
    reach."""
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


def rage_clicks_of(events: list[Event], arrived_at: Mapping[str, int]) -> set[tuple[str, str]]:
    """Store and id of the clicks that follow two others near them in the same session and page.

    The events must be in order of arrival, as far as it matters. Clicks in different partitions of
    a topic, which only foreign producers cause, are not compared; `partition` is the partition of a
    click, if known.
    """
    clicks = [e for e in events if e["kind"] == "click" and may_be_rage(e)]
    arrived = grouped(
        clicks, lambda e: (e["store_id"], e["session_id"], counted_page(e), e.get("partition"))
    )
    rage = set()
    for group in arrived.values():
        places = [
            Click(e, place, arrived_at.get(e["event_id"], 0)) for place, e in enumerate(group)
        ]
        places.sort(key=lambda c: (c.event["occurred_at"], c.event["event_id"]))
        rage |= {
            (click.event["store_id"], click.event["event_id"])
            for n, click in enumerate(places)
            if has_two_near(places, n)
        }
    return rage


def has_two_near(clicks: list[Click], n: int) -> bool:
    """Whether two clicks before the one at `n` are near it; `clicks` must be in order of time."""
    click, found = clicks[n], 0
    for at in range(n - 1, -1, -1):
        earlier = clicks[at]
        if click.event["occurred_at"] - earlier.event["occurred_at"] > 1_000:
            return False
        found += click.is_near(earlier)
        if found == 2:
            return True
    return False
