"""Heatmap: clicks, scrolling, hovering; now and then three quick clicks on a spot: rage."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import PATHS, BodyAndFields, Maker, stated

SELECTORS = ("div.hero > button.cta-button", "main > p", "a.product-link", "img.gallery", None)
DEVICES = {400: "mobile", 800: "tablet", 1280: "desktop"}


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("click", "click", "scroll", "hover"))
    width = rng.choice(list(DEVICES))
    fields |= {
        "kind": kind, "page_url": "https://shop-one.example" + rng.choice(PATHS),
        "viewport_width": width, "selector": rng.choice(SELECTORS),
    }  # fmt: skip
    if kind == "scroll":
        fields["scroll_depth"] = rng.randrange(101)
    else:
        fields |= {"x": rng.randrange(width), "y": rng.randrange(3000)}
    if kind == "hover":
        fields["dwell_ms"] = rng.randrange(5000)
    body = stated(fields)
    body["type"] = body.pop("kind")
    fields["device"] = DEVICES[width]
    return body, fields


def count(rng: Random, fields: dict[str, Any]) -> int:
    return 3 if fields["kind"] == "click" and rng.random() < 0.3 else 1


MAKER = Maker(
    make=make,
    conflict=("selector", "selector", "section.conflict"),
    mistakes=(("x", -1), ("type", "wave"), ("page_url", "nothing")),
    path="/api/heatmap/track",
    batch_path="/api/heatmap/track-batch",
    count=count,
)
