"""Heatmap: the tracker's observations of the pointer, and the figures of clicks and scrolls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from storepulse.demo import pointer
from storepulse.demo.beacons import HEATMAP_BATCH, PATHS, ManifestEntry
from storepulse.demo.part import Mistake, Part, Read, Told
from storepulse.demo.visit import Visit

BATCH = 50
#: Scroll depths in percent for which the figures have the number of views.
REACHES = range(0, 101, 5)
_CLICKS = ("clicks", "hovers", "rage_clicks", "dead_clicks")
_MOST = 500


def watch(visit: Visit, path: str) -> None:
    """Sends the tracker's observations of a view of a page."""
    tell_of_pointer(visit, path, pointer.make_bursts(visit.rng, visit.person))


def tell_of_pointer(visit: Visit, path: str, bursts: list[pointer.Burst]) -> None:
    """Sends bursts of one view of a page, in batches or sometimes as a single beacon."""
    entries: list[ManifestEntry] = []
    url = visit.shop.url(path)
    view = f"view-{visit.rng.getrandbits(64):016x}"
    for burst in bursts:
        # The clicks of a burst must be in one request: rage also depends on their arrival.
        if len(entries) + len(burst) > BATCH:
            visit.add(HEATMAP_BATCH, entries)
            entries = []
        for observed in burst:
            visit.now += observed.wait
            entries.append(_observation(visit, url, view, observed))
    if len(entries) == 1 and visit.rng.random() < 0.5:
        visit.add(PATHS["heatmap"], entries)
    elif entries:
        visit.add(HEATMAP_BATCH, entries)


def _observation(visit: Visit, url: str, view: str, observed: pointer.Observed) -> ManifestEntry:
    event_id = visit.new_id()
    seen = observed.fields
    sent = visit.envelope(event_id) | {"page_url": url, "view_id": view} | seen
    event = visit.event(
        "heatmap", event_id, kind=seen["type"], page_url=url, view_id=view,
        is_rage=observed.is_rage, is_dead=observed.is_dead,
        x=seen.get("x"), y=seen.get("y"),
        viewport_width=seen.get("viewport_width"),
        selector=seen.get("selector") or None,
        scroll_depth=seen.get("scroll_depth"), dwell_ms=seen.get("dwell_ms"),
        device=visit.person.device if "device" in seen else pointer.device_of(seen),
    )  # fmt: skip
    return visit.entry("heatmap", seen["type"], sent, event)


@dataclass
class HeatmapFigures:
    """Clicks by kind. `views` has each view's greatest scroll depth, in percent."""

    pointer: Counter[str] = field(default_factory=Counter)
    views: dict[str, int] = field(default_factory=dict)

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event."""
        if event["kind"] == "scroll":
            view = event["view_id"]
            self.views[view] = max(self.views.get(view, 0), event["scroll_depth"])
            return
        self.pointer[f"{event['kind']}s"] += 1
        self.pointer["rage_clicks"] += event["is_rage"]
        self.pointer["dead_clicks"] += event["is_dead"]

    def document(self) -> dict[str, Any]:
        """Clicks, and the number of views that reached each depth."""
        return {
            **{name: self.pointer[name] for name in _CLICKS},
            "scroll_reach": [
                sum(furthest >= percent for furthest in self.views.values()) for percent in REACHES
            ],
        }


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figures over all pages from the API."""
    clicked: Counter[str] = Counter()
    reached: Counter[int] = Counter()
    for page in read(f"/api/heatmap/{store}/pages", {"limit": _MOST})["data"]:
        heatmap = read(f"/api/heatmap/{store}", {"page": page["page"], "limit": 1})["data"]
        clicked.update(heatmap["totals"])
        reached.update({at["percent"]: at["views"] for at in heatmap["scroll_reach"]})
    for name in _CLICKS:
        yield name, clicked[name]
    yield "scroll_reach", [reached[percent] for percent in REACHES]


MISTAKES = (
    Mistake("heatmap", "x", -1),
    Mistake("heatmap", "x", 10_001),
    Mistake("heatmap", "x", "12"),
    Mistake("heatmap", "y", ..., also={"type": "click", "x": 1}),
    Mistake("heatmap", "type", "tap"),
    Mistake("heatmap", "page_url", ...),
    Mistake("heatmap", "page_url", "/products/1"),
    Mistake("heatmap", "dwell_ms", -5),
    Mistake("heatmap", "scroll_depth", 101),
    Mistake("heatmap", "color", "red"),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"element_x": 77, "selector": "#changed"},
    figures=HeatmapFigures,
    told=read_told,
)
