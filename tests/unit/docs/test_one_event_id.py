"""docs/one-event-id.md: one purchase as every platform gets it, made by the code that sends it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support import delivered_events
from tests.unit.streams.frames import frame, rows

from storepulse.destinations.rules.ga4_payload import collections
from storepulse.destinations.rules.meta_payload import meta_event
from storepulse.destinations.rules.model import Event
from storepulse.streams.activity import rollup as activity

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "one-event-id.md"
BROWSER = ROOT / "tests" / "data" / "one_event_id" / "browser.json"
ID = "purchase:1001"
_BLOCK = re.compile(r"(```js(?:on)? (\w+)\n)(.*?)(```)", re.DOTALL)


def purchase() -> Event:
    """The purchase as the tracker tells it: with the browser's value, products and order."""
    return delivered_events.event(
        "activity", order_id="1001", value="49.90", currency="EUR", product_id=None,
        product_name=None, quantity=None, consent_analytics="granted", consent_marketing="granted",
        items='[{"product_id": "mug", "quantity": 2, "price": "24.95"}]', metadata=None,
    )  # fmt: skip


def payloads() -> dict[str, Any]:
    """What each platform gets, by the name of the page's block."""
    browser = json.loads(BROWSER.read_text())
    (collection,) = collections([purchase()])
    name, said = browser.pop("track")
    called = frame(
        "activity",
        {"activity_type": "custom", "name": name, "metadata": json.dumps(said)},
    )
    own = rows(activity.reduce(called, None), "pixel_calls", "purchase", "pixel")
    return browser | {
        "ga4": collection.body,
        "meta_capi": meta_event(purchase()),
        "pixel_calls": [{"purchase": one, "pixel": pixel} for one, pixel in own],
    }


def text_of(name: str, payload: Any) -> str:
    """The block as the page writes it: short values on one line."""
    if name == "fbq":
        return "fbq(" + ", ".join(json.dumps(part) for part in payload) + ")\n"
    return json.dumps(payload, indent=2) + "\n"


def test_every_platform_is_told_the_same_id() -> None:
    told = payloads()
    (ga4,) = told["ga4"]["events"]
    ids = {
        "fbq": told["fbq"][3]["eventID"],
        "data layer": told["dataLayer"]["event_id"],
        "ga4": ga4["params"]["event_id"],
        "meta_capi": told["meta_capi"]["event_id"],
        **{one["pixel"]: one["purchase"] for one in told["pixel_calls"]},
    }
    assert set(ids.values()) == {ID}, ids
    transactions = {ga4["params"]["transaction_id"],
                    told["dataLayer"]["ecommerce"]["transaction_id"]}  # fmt: skip
    assert transactions == {"1001"}


def test_the_page_shows_what_is_sent() -> None:
    told, page = payloads(), PAGE.read_text()
    wanted = _BLOCK.sub(lambda m: m[1] + text_of(m[2], told[m[2]]) + m[4], page)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(wanted)
    assert {m[2] for m in _BLOCK.finditer(page)} == told.keys()
    if page != wanted:
        pytest.fail("the page differs: WRITE_DOCS=1 pytest tests/unit/docs/test_one_event_id.py")
