"""Landing: visits of landing pages, named events, purchases."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, compact_json, stated


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("PageView", "AddToCart", "Purchase", "Signup", "WebVitals"))
    fields |= {
        "event_type": "Custom" if kind == "Signup" else kind, "event_name": kind,
        "landing_page_id": f"lp_{rng.randrange(3)}",
        "campaign_id": rng.choice(("summer", "winter", None)),
    }  # fmt: skip
    body = stated({name: value for name, value in fields.items() if name != "event_name"})
    body["event_type"] = kind
    if kind == "Purchase":
        fields |= {"value": f"{rng.randrange(1, 99)}.5", "currency": "EUR"}
        body["event_data"] = {"value": float(fields["value"]), "currency": "eur"}
    if kind == "WebVitals":
        said = {"lcp": rng.randrange(9_000), "CLS": rng.choice((0, 0.1, 0.26))}
        fields["event_data"] = compact_json(said)
        body["event_data"] = said
    return body, fields


MAKER = Maker(
    make=make,
    conflict=("screen_resolution", "screen_resolution", "1x1"),
    mistakes=(("session_id", "a b"), ("event_type", "%"), ("timestamp", "soon")),
    path="/api/v1/landing-pages/events",
    text_field="landing_page_id",
)
