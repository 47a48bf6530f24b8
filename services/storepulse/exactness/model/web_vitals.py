"""Web vitals: samples and their sums by page or store, metric and bucket."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import Any

from storepulse.exactness.model.events import Event, Tables, day_of
from storepulse.exactness.model.pages import counted_page, landing_page

#: Metric -> the greatest good value, the greatest value that is not poor, and the range.
_LIMITS = {
    "LCP": (2500, 4000, 1, 600_000),
    "FCP": (1800, 3000, 1, 600_000),
    "INP": (200, 500, 1, 600_000),
    "TTFB": (800, 1800, 1, 600_000),
    "CLS": (0.1, 0.25, 0.001, 100),
}


def web_vitals_tables(events: list[Event]) -> Tables:
    counted: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for event in events:
        for metric, value in _said_by(event).items():
            page = _page_of(event)
            key = event["store_id"], day_of(event), page, metric, event["is_bot"]
            counted[*key, _bucket_of(metric, value)].append(round(Decimal(str(value)), 4))
    of_stores: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for (store, day, _page, *what), found in counted.items():
        of_stores[store, day, *what].extend(found)
    return {
        "web_vitals_daily": {key: (len(found), sum(found)) for key, found in counted.items()},
        "web_vitals_of_stores": {key: (len(found), sum(found)) for key, found in of_stores.items()},
    }


def _page_of(event: Event) -> str:
    if event["stream"] == "landing":
        return landing_page(event)
    return counted_page(event) if event["page_url"] else ""


def _said_by(event: Event) -> dict[str, float]:
    """The values in an event, by metric."""
    if event["stream"] == "landing":
        if event["event_type"] != "WebVitals":
            return {}
        return _read(event.get("event_data")) or _read(event.get("metadata"))
    if event["activity_type"] != "custom" or event.get("name") != "web_vitals":
        return {}
    return _read(event.get("metadata"))


def _read(text: str | None) -> dict[str, float]:
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    pairs = list(said.items())
    if isinstance(said.get("name"), str):
        pairs.insert(0, (said["name"], said.get("value")))
    result: dict[str, float] = {}
    for name, value in pairs:
        metric = name.upper()
        if metric in _LIMITS and type(value) in (int, float) and 0 <= value <= _LIMITS[metric][3]:
            result.setdefault(metric, value)
    return result


def _bucket_of(metric: str, value: float) -> int:
    """How many bounds are below the value."""
    return sum(bound < value for bound in _bounds(metric))


@cache
def _bounds(metric: str) -> list[float]:
    """The bounds of buckets: 0, then three ranges between the limits, each divided into equal
    ratios. The lowest is divided downwards by sixteenths of an octave, the others into the
    fewest parts that are no wider."""
    good, poor, least, most = _LIMITS[metric]
    bounds = [0.0]
    for step in reversed(range(1, 400)):
        bound = good / 2 ** (step / 16)
        if bound >= least:
            bounds.append(bound)
    for low, high in ((good, poor), (poor, most)):
        pieces = math.ceil(16 * math.log2(high / low))
        bounds += [low * (high / low) ** (piece / pieces) for piece in range(pieces)]
    return [round(bound, 6) for bound in [*bounds, most]]
