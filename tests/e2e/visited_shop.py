"""A shop with the whole tracker, and one scripted visit of it.

What the script does is written down here, by hand, as the rows that must be there: nothing of it
is read from the tracker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page
from tests.support.browser import AGENT, Answer, Request, page

NONCE = "bm9uY2U"
MODULE_NAMES = ("heatmap", "vitals", "pixels", "experiments")
MODULES = " ".join(f"data-{name}" for name in MODULE_NAMES)
LANDING = "/?utm_source=mail&utm_campaign=spring"
REFERRER = "https://search.example/"
ORDER = {
    "order_id": "1001", "value": "99.80", "currency": "EUR",
    "items": [{"product_id": "mug", "quantity": 2, "price": "49.90"}],
}  # fmt: skip
#: A browser that does not say that a program drives it. What leaves after a page has gone says the
#: program's own name, whatever the page's is.
PERSON = ("--disable-blink-features=AutomationControlled", f"--user-agent={AGENT}")
#: Stand-ins of the vendors' programs: they keep what they are told.
_VENDORS = "window.fbq = (...values) => (fbq.told ??= []).push(values); window.dataLayer = [];"
_HOME = """
<button id="help" type="button"><svg id="icon" width="20" height="20"><rect width="20" height="20"/>
</svg></button>
<p id="words" style="width: 20em">We make mugs.</p>
<button id="add" class="cta-button" data-track-product-id="mug" data-track-quantity="2"
  data-track-value="49.90" data-track-currency="EUR">Add</button>
<input id="term"><button id="find" type="button">Find</button>
<button id="shoe" type="button">Red shoe</button>
<div style="height: 3000px"></div><a id="checkout" href="/checkout">Checkout</a>
<script nonce="%(nonce)s">
  const on = (id, run) => document.getElementById(id).addEventListener("click", run);
  on("find", () => {
    storepulse.track("search", {search_query: document.getElementById("term").value});
  });
  on("shoe", () => {
    history.pushState({}, "", "/product/red-shoe");
    document.title = "Red shoe";
  });
  on("help", () => { document.getElementById("help").ariaExpanded = "true"; });
</script>"""
_CHECKOUT = """
<a id="buy" href="/thanks">Buy</a>
<script nonce="%(nonce)s">
  addEventListener("DOMContentLoaded", () =>
    storepulse.track("checkout_start", {value: "99.80", currency: "EUR"}));
</script>"""
_THANKS = """<h1>Thanks</h1>
<script nonce="%(nonce)s">
  addEventListener("DOMContentLoaded", () => storepulse.purchase(%(order)s));
</script>"""
_PAGES = {"/": _HOME, "/checkout": _CHECKOUT, "/thanks": _THANKS}

#: Type or name, path, and path of the page before, of what the script does; in its order.
TOLD = [
    ("page_view", LANDING, REFERRER),
    ("search", LANDING, None),
    ("add_to_cart", LANDING, None),
    ("page_view", "/product/red-shoe", LANDING),
    ("page_view", "/checkout", "/product/red-shoe"),
    ("checkout_start", "/checkout", None),
    ("page_view", "/thanks", "/checkout"),
    ("purchase", "/thanks", None),
    ("page_view", "/thanks", "/checkout"),
]


@dataclass
class TrackedPages:
    """Serves the shop's pages. `tag` holds the script tag's attributes, `head` what goes before."""

    gateway: str
    store: str
    key: str
    modules: str = MODULES
    head: str = f'<script nonce="{NONCE}">{_VENDORS}</script>'
    headers: dict[str, str] = field(default_factory=dict)

    def serve(self, request: Request) -> Answer | None:
        path = request.path.partition("?")[0]
        if path == "/favicon.ico":
            return Answer(204)
        body = _PAGES.get(path, "<p>words</p>") % {"nonce": NONCE, "order": json.dumps(ORDER)}
        tag = (
            f'<script defer nonce="{NONCE}" src="{self.gateway}/tracker.js"'
            f' data-store="{self.store}" data-key="{self.key}" {self.modules}></script>'
        )
        html = f"<!doctype html><title>{path}</title>{self.head}{tag}{body}"
        return page(html, self.headers)


def arrive(context: BrowserContext, site: str, path: str = LANDING) -> Page:
    """Lands from a search engine; the tracker and its modules have started."""
    tab = context.new_page()
    tab.goto(site + path, referer=REFERRER)
    wait_started(tab)
    return tab


def wait_started(tab: Page) -> None:
    """Until the modules are there: the last that a page shows is `variant`."""
    tab.wait_for_function("!!window.storepulse?.version")
    if tab.evaluate("'experiments' in document.querySelector('script[data-store]').dataset"):
        tab.wait_for_function("!!storepulse.variant")


def visit(context: BrowserContext, site: str, between: Callable[[str], None] | None = None) -> Page:
    """The visit up to its last page, which is still open. `between` is told each step's name."""

    def reach(name: str) -> None:
        if between is not None:
            between(name)

    tab = arrive(context, site)
    tab.evaluate("storepulse.consent('granted')")
    reach("landed")
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    tab.wait_for_function("scrollY > 1000")
    tab.evaluate("scrollTo(0, 0)")
    tab.wait_for_function("scrollY === 0")
    tab.click("#icon")
    rest(tab, "#words")
    tab.click("#words", click_count=3, delay=30)  # by one command: a burst on a busy machine too
    tab.fill("#term", " Red Mug ")
    tab.click("#find")
    reach("searched")
    tab.click("#add")
    reach("added")
    tab.click("#shoe")
    tab.wait_for_function("document.title === 'Red shoe'")
    tab.evaluate("document.getElementById('checkout').scrollIntoView()")
    reach("at the product")
    tab.click("#checkout")
    tab.wait_for_url("**/checkout")
    wait_started(tab)
    reach("at the checkout")
    tab.click("#buy")
    tab.wait_for_url("**/thanks")
    wait_started(tab)
    reach("bought")
    tab.reload()
    wait_started(tab)
    reach("reloaded")
    return tab


def rest(tab: Page, selector: str) -> None:
    """The mouse stays on an element for a while, then moves a little."""
    box = tab.locator(selector).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.wait_for_timeout(700)
    tab.mouse.move(x + 1, y)


def close(tab: Page) -> None:
    """Closes a tab as a person does: the page learns that it is hidden."""
    with tab.expect_event("close"):
        tab.close(run_before_unload=True)
