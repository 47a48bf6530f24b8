"""Heatmap: clicks, scrolling and hovering, with coordinates."""

from __future__ import annotations

from typing import get_args

from storepulse.domain.ratelimit import MINUTE
from storepulse.streams.heatmap.beacon import INPUT, Kind, sample
from storepulse.streams.stream import (
    CountedName,
    Counts,
    EventTypes,
    Limit,
    Stream,
    StreamEndpoint,
    VendorNames,
)

LIMIT = Limit(name="heatmap", windows=(("limit_heatmap_per_minute", MINUTE),))

STREAM = Stream(
    name="heatmap",
    input=INPUT,
    types=EventTypes(column="kind", names=get_args(Kind)),
    endpoints=(
        StreamEndpoint(path="/api/heatmap/track", limit=LIMIT),
        StreamEndpoint(path="/api/heatmap/track-batch", batch=True, limit=LIMIT),
    ),
    priority="low",
    counts=Counts(
        events=("heatmap_cells", "heatmap_elements", "heatmap_pages_daily"),
        shortest_kept="heatmap_cells",
        sessions=("heatmap_scroll",),
    ),
    sample=sample,
    counted_names=(
        CountedName(kind="page", field="page_url"),
        CountedName(kind="selector", field="selector"),
    ),
    offered_in_trials=False,
    ga4=VendorNames(
        names={"click": "heatmap_click", "scroll": "heatmap_scroll", "hover": "heatmap_hover"}
    ),
)
