"""Malformed beacons: every kind must be refused with 4xx, naming what is wrong.

A case is what to break in a good beacon (or the whole body), and the field that the answer must
name. Times are fixed ones, so that the same seed sends the same bytes on any day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from storepulse.demo.beacons import (
    HEATMAP_BATCH,
    PATHS,
    REFUSAL_STATUSES,
    BeaconRequest,
    ManifestEntry,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A good beacon with one field replaced (`...`: left out); the answer must name it."""

    stream: str
    field: str
    value: Any
    named: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body that is no beacon, made of a good one's bytes."""

    name: str
    make: Callable[[bytes], bytes]
    content_type: str = "application/json"
    refusal_statuses: tuple[int, ...] = REFUSAL_STATUSES


_MANY_KEYS = {f"k{n}": n for n in range(201)}
_DEEP: dict[str, Any] = {}
for _ in range(40):
    _DEEP = {"deeper": _DEEP}

FIELDS = (
    Field("activity", "session_id", ...),
    Field("activity", "session_id", "has space"),
    Field("activity", "session_id", 7),
    Field("activity", "store_id", "shop-1"),
    Field("activity", "activity_type", "page-view"),
    Field("activity", "activity_type", ...),
    Field("activity", "page_url", "javascript:alert(1)"),
    Field("activity", "page_url", "https://x.example/" + "a" * 2_100),
    Field("activity", "quantity", -1),
    Field("activity", "quantity", 1.5),
    Field("activity", "quantity", True),
    Field("activity", "quantity", 2**31),
    Field("activity", "value", "a lot"),
    Field("activity", "value", 10**12),
    Field("activity", "value", "1.23456"),
    Field("activity", "currency", "ZZZ"),
    Field("activity", "event_id", "not-a-uuid"),
    Field("activity", "timestamp", "yesterday"),
    Field("activity", "timestamp", "2001-01-01T00:00:00Z"),
    Field("activity", "timestamp", "2199-01-01T00:00:00Z"),
    Field("activity", "metadata", _MANY_KEYS),
    Field("activity", "metadata", _DEEP),
    Field("activity", "visitor_id", "nul\0nul"),
    Field("activity", "consent", {"analytics": "maybe"}),
    Field("heatmap", "x", -1),
    Field("heatmap", "x", 10_001),
    Field("heatmap", "x", "12"),
    Field("heatmap", "y", ...),
    Field("heatmap", "type", "tap"),
    Field("heatmap", "page_url", ...),
    Field("heatmap", "page_url", "/products/1"),
    Field("heatmap", "dwell_ms", -5),
    Field("heatmap", "scroll_depth", 101),
    Field("heatmap", "color", "red"),
    Field("cart", "storeName", ...),
    Field("cart", "storeName", "   "),
    Field("cart", "storeName", None),
    Field("cart", "customerEmail", "someone at example"),
    Field("cart", "generatedImageUrl", "ftp://cdn.example/a.png"),
    Field("cart", "productUrl", "not a url"),
    Field("cart", "sessionId", "a/b"),
    Field("cart", "quantity", 2),
    Field("landing", "landing_page_id", ...),
    Field("landing", "event_type", "<b>"),
    Field("landing", "session_id", "x" * 129),
    Field("landing", "event_data", {"value": "free", "currency": "EUR"}, "event_data.value"),
    Field("landing", "event_data", {"value": 1, "currency": "EURO"}, "event_data.currency"),
)

BODIES = (
    Body("empty", lambda _: b""),
    Body("truncated", lambda good: good[: len(good) // 2]),
    Body("trailing", lambda good: good + b"x"),
    Body("nul after", lambda good: good + b"\0"),
    Body("scalar", lambda _: b'"page_view"'),
    Body("invalid utf-8", lambda good: good[:-1] + b',"product_name":"\xff"}'),
    Body("overlong", lambda good: good[:-1] + b',"product_name":"\xc0\xaf"}'),
    Body("lone surrogate", lambda good: good[:-1] + b',"product_name":"\\ud800"}'),
    Body("utf-16", lambda good: good.decode().encode("utf-16")),
    Body("byte-order mark", lambda good: b"\xef\xbb\xbf" + good),
    Body("NaN", lambda good: good[:-1] + b',"value":NaN}'),
    Body("Infinity", lambda good: good[:-1] + b',"value":Infinity}'),
    Body("1e999", lambda good: good[:-1] + b',"value":1e999}'),
    Body("long integer", lambda good: good[:-1] + b',"quantity":' + b"9" * 5_000 + b"}"),
    Body("2^63", lambda good: good[:-1] + b',"quantity":9223372036854775808}'),
    Body("content type", lambda good: good, "application/xml", (415,)),
)


def request(rng: Random, good: dict[str, BeaconRequest], index: int) -> BeaconRequest | None:
    """Malformed request `index` (any number), made of one of the visitor's good requests.

    None where the visitor sent none of the stream that the case breaks.
    """
    case = (*FIELDS, *BODIES)[index % (len(FIELDS) + len(BODIES))]
    if isinstance(case, Body):
        return _body(good.get("activity"), case)
    model = good.get(case.stream)
    if model is None:
        return None
    entry = spoil(rng.choice([e for e in model.entries if e.outcome == "fresh"]), case)
    return BeaconRequest(PATHS[case.stream], [entry], model.ip, model.user_agent)


def empty_batch(model: BeaconRequest) -> BeaconRequest:
    """A batch of no events."""
    entry = ManifestEntry(
        "heatmap", "click", model.entries[0].store_id, "malformed", {}, field="events"
    )
    return BeaconRequest(HEATMAP_BATCH, [entry], model.ip, model.user_agent, raw=b'{"events":[]}')


def spoil(good: ManifestEntry, case: Field) -> ManifestEntry:
    """A malformed copy of a good beacon, without its id, so that it takes nothing's place."""
    json = {
        name: value
        for name, value in good.json.items()
        if name not in ("event_id", "idempotencyKey", case.field)
    }
    if case.stream == "landing" and case.field == "event_data":
        json["event_type"] = "Purchase"
    if case.stream == "heatmap" and case.field == "y":
        json["type"] = "click"
        json.setdefault("x", 1)
    if case.value is not ...:
        json[case.field] = case.value
    return ManifestEntry(
        good.stream, good.kind, good.store_id, "malformed", json, field=case.named or case.field
    )


def heatmap_case(rng: Random) -> Field:
    """A case for one entry of a batch whose neighbours are good."""
    return rng.choice([case for case in FIELDS if case.stream == "heatmap"])


def _body(model: BeaconRequest | None, case: Body) -> BeaconRequest | None:
    if model is None:
        return None
    good = model.entries[0]
    json = {k: v for k, v in good.json.items() if k not in ("event_id", "value", "quantity")}
    return BeaconRequest(
        model.path,
        [ManifestEntry(good.stream, good.kind, good.store_id, "malformed", json)],
        model.ip,
        model.user_agent,
        raw=case.make(msgspec.json.encode(json)),
        content_type=case.content_type,
        refusal_statuses=case.refusal_statuses,
    )
