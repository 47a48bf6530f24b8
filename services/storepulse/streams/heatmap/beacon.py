"""Heatmap beacons: clicks and hovers with a point, scrolls with a depth."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import (
    Beacon,
    Input,
    Int32,
    Record,
    Rules,
    SessionText,
    ShortText,
    Url,
    ViewId,
    known_urls,
    view_of,
)
from storepulse.streams.beacon import url as checked_url
from storepulse.streams.heatmap.grid import COORDINATE

#: The maximum to which a deployment may raise y and the document's height.
TALLEST = 200_000

Kind = Literal["click", "scroll", "hover"]
Device = Literal["mobile", "tablet", "desktop"]
Horizontal = Annotated[int, msgspec.Meta(ge=0, le=COORDINATE)] | None
Vertical = Annotated[int, msgspec.Meta(ge=0, le=TALLEST)] | None
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)] | None

MOBILE_BELOW = 768
TABLET_BELOW = 1024


class HeatmapBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One observation. Coordinates are CSS pixels, integers from 0 to 10,000."""

    session_id: SessionText
    kind: Kind = msgspec.field(name="type")
    page_url: Url
    x: Horizontal = None
    y: Vertical = None
    viewport_width: Horizontal = None
    viewport_height: Horizontal = None
    document_height: Vertical = None
    selector: ShortText = None
    element_x: Horizontal = None
    element_y: Vertical = None
    scroll_depth: Percent = None
    dwell_ms: Int32 = None
    device: Device | None = None
    view_id: ViewId = None


def device_of(viewport_width: int | None, sent: str | None) -> str:
    """Return the device class by the viewport's width, else as sent, else unknown."""
    if viewport_width is None:
        return sent or "unknown"
    if viewport_width < MOBILE_BELOW:
        return "mobile"
    return "tablet" if viewport_width < TABLET_BELOW else "desktop"


def own(beacon: HeatmapBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values. Raises Rejected for points outside of the page."""
    x, y, width, height = beacon.x, beacon.y, beacon.viewport_width, beacon.document_height
    if beacon.kind == "scroll":
        if beacon.scroll_depth is None:
            raise Rejected("scroll_depth", "Field is required")
    elif x is None:
        raise Rejected("x", "Field is required")
    elif y is None:
        raise Rejected("y", "Field is required")
    if y is not None:
        if y > rules.max_coordinate_y:
            raise Rejected("y", f"is above {rules.max_coordinate_y}")
        if height is not None and y > height:
            raise Rejected("y", "is a point off the page: below document_height")
    if height is not None and height > rules.max_coordinate_y:
        raise Rejected("document_height", f"is above {rules.max_coordinate_y}")
    if x is not None and width is not None and x > width:
        raise Rejected("x", "is a point off the page: beyond viewport_width")
    page_url = beacon.page_url
    if hash(page_url) not in known_urls:  # avoids a call, whose cost matters here
        checked_url("page_url", page_url)
    return (
        beacon.kind,
        page_url,
        x,
        y,
        width,
        beacon.viewport_height,
        height,
        beacon.selector or None,
        beacon.element_x,
        beacon.element_y,
        beacon.scroll_depth,
        beacon.dwell_ms,
        device_of(width, beacon.device),
        view_of("view_id", beacon.view_id) if beacon.view_id else None,
    )


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "page_url", "x", "y", "viewport_width", "viewport_height",
        "document_height", "selector", "element_x", "element_y", "scroll_depth", "dwell_ms",
        "view_id",
    )  # fmt: skip
    own = {name: record[name] for name in names}
    device = None if record["device"] == "unknown" else record["device"]
    return own | {"type": record["kind"], "device": device}


def record_field(name: str) -> str:
    """Return the record's name for a field of the beacon."""
    return "kind" if name == "type" else name


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {
        "type": kind,
        "page_url": "https://trial.storepulse.invalid/products/linen-shirt",
        "viewport_width": 1280,
        "device": "desktop",
    }
    body |= {"scroll_depth": 50} if kind == "scroll" else {"x": 640, "y": 200}
    if kind == "hover":
        body |= {"dwell_ms": 800}
    return body


INPUT = Input(
    beacon=HeatmapBeacon,
    own=own,
    beacon_of=beacon_of,
    record_field=record_field,
    type_field="type",
    types=get_args(Kind),
)
