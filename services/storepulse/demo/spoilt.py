"""Malformed beacons, which must be refused with 4xx, naming the wrong field.

A case is a change of a good beacon, or of its whole body, and the field that the answer must name.
Times are fixed, so that the same seed sends the same bytes on any day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import msgspec

from storepulse.demo.beacons import (
    HEATMAP_BATCH,
    PATHS,
    REFUSAL_STATUSES,
    BeaconRequest,
    ManifestEntry,
)
from storepulse.demo.part import Mistake
from storepulse.demo.parts import PARTS


@dataclass(frozen=True, slots=True)
class Body:
    """A whole malformed body, made from the bytes of a good one."""

    name: str
    make: Callable[[bytes], bytes]
    content_type: str = "application/json"
    refusal_statuses: tuple[int, ...] = REFUSAL_STATUSES


FIELDS = tuple(mistake for part in PARTS.values() for mistake in part.mistakes)

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
    """Malformed request `index` (any number), made from one of the visitor's good requests.

    None if the visitor sent no request of the case's stream.
    """
    cases: tuple[Mistake | Body, ...] = (*FIELDS, *BODIES)
    case = cases[index % len(cases)]
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


def spoil(good: ManifestEntry, case: Mistake) -> ManifestEntry:
    """A malformed copy of a good beacon, without its id, so that it cannot replace the good one."""
    json = {
        name: value
        for name, value in good.json.items()
        if name not in ("event_id", "idempotencyKey", case.field)
    }
    json |= case.also or {}
    if case.value is not ...:
        json[case.field] = case.value
    return ManifestEntry(
        good.stream, good.kind, good.store_id, "malformed", json, field=case.named or case.field
    )


def heatmap_case(rng: Random) -> Mistake:
    """A case for one malformed entry among good ones in a batch."""
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
