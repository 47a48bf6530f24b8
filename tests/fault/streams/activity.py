"""Activity: pages, products, searches, purchases."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import PATHS, BodyAndFields, Maker, compact_json, stated
from tests.fault.segment import next_batch

KINDS = ("page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start",
         "purchase", "search", "custom")  # fmt: skip
NAMES = (
    "signup",
    "Signup",
    "お気に入り",
    "caf\u00e9",
    "cafe\u0301 ",
    "web_vitals",
    "web_vitals",
    "pixels_called",
    None,
)


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(KINDS)
    fields |= {
        "activity_type": kind,
        "page_url": "https://shop-one.example" + rng.choice(PATHS),
        "referrer": rng.choice(("https://Search.example/?q=shirt", None)),
    }
    if kind == "search":
        fields["search_query"] = rng.choice((" Red Shirt", "blue shirt", "gr\u00fcn"))
    elif kind == "custom":
        return _custom(rng, fields)
    elif kind not in ("page_view", "checkout_start"):
        number = rng.randrange(5)
        fields |= {"product_id": f"p{number}", "product_name": f"Shirt {number}"}
        fields["quantity"] = rng.randrange(1, 4)
    if kind == "purchase":
        fields |= {"value": f"{rng.randrange(1, 99)}.{rng.randrange(100):02}"}
        fields["currency"] = rng.choice(("EUR", "USD", None))
    return stated(fields), fields


def _custom(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    """A custom event; vitals one by one, several at once, or nothing that could be read; pixels."""
    said = rng.choice(
        (
            {"name": "LCP", "value": rng.randrange(1, 9_000) / 2},
            {"INP": rng.randrange(900), "CLS": 0.0183, "FCP": 1_800},
            {"name": "LCP", "value": "fast", "TTFB": True},
            {"event": "purchase", "event_id": f"purchase:{rng.randrange(9)}", "pixels": ["meta"]},
        )
    )
    fields |= {"name": rng.choice(NAMES), "metadata": compact_json(said)}
    return stated(fields) | {"metadata": said}, fields


MAKER = Maker(
    make=make,
    conflict=("page_url", "page_url", "https://other.example/conflict"),
    mistakes=(("activity_type", "dance"), ("page_url", "ftp://x"), ("quantity", -1)),
    path="/api/customer-activity",
    text_field="page_url",
    next_call=next_batch,
    calls_share=0.3,
)
