"""What the pixels module gives to Meta's pixel and the data layer for one purchase, in a real
browser. It is kept in tests/data, of which docs/one-event-id.md is made; WRITE_DOCS=1 writes it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.support.browser import BUILT, Request, Site, built_file, chromium, page

KEPT = Path(__file__).parents[2] / "data" / "one_event_id" / "browser.json"
FILE = json.loads((BUILT / "manifest.json").read_text())["pixels"]["file"]
PURCHASE = {
    "order_id": "1001", "value": "49.90", "currency": "EUR",
    "items": [{"product_id": "mug", "quantity": 2, "price": "24.95"}],
}  # fmt: skip
#: The core as the module knows it, with one purchase that was told before.
SHOP = f"""<!doctype html><script>
window.called = {{}};
window.fbq = (...values) => {{ called.fbq = values; }};
window.dataLayer = {{ push: (value) => {{ called.dataLayer = value; }} }};
window.storepulse = {{ track: (...values) => {{ called.track = values; }} }};
const told = {{ name: "purchase", id: "purchase:1001", fields: {json.dumps(PURCHASE)} }};
window.ready = import("/tracker/{FILE}").then(({{ start }}) => start({{
  settings: {{ pixels: "" }}, hear: (listener) => listener(told),
  consent: () => ({{ analytics: "granted", marketing: "granted" }}),
  add: (stream, event) => {{ called.track = [event.name, event.metadata]; }},
  on: (target, type, listener) => target.addEventListener(type, listener) }}));
</script>"""


def captured() -> Any:
    """The calls of `fbq`, of the data layer and of the tracker."""

    def serve(request: Request) -> Any:
        return page(SHOP) if request.path == "/" else built_file(request.path)

    with Site(serve) as shop, chromium() as browser:
        tab = browser.new_page()
        tab.goto(shop.url)
        tab.evaluate("window.ready")
        tab.wait_for_function("['fbq', 'dataLayer', 'track'].every((name) => window.called[name])")
        return tab.evaluate("JSON.parse(JSON.stringify(window.called))")


def test_the_browsers_calls_are_those_that_are_kept() -> None:
    found = captured()
    if os.environ.get("WRITE_DOCS"):
        KEPT.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    assert json.loads(KEPT.read_text()) == found
    assert sorted(found["track"][1]["pixels"]) == ["google", "meta"]
