"""A shop whose pages load the overlay, and the real gateway and query service behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.query.conftest import insert
from tests.support.browser import BUILT, Answer, Request, Site, built_file, chromium, page
from tests.support.services import running
from tests.support.world import World

PATH = "/products/mug"
STYLE = """
body { margin: 0; font: 16px sans-serif } main { height: 15000px }
.buy { position: absolute; top: 100px; left: 50px } #far { margin-top: 9000px }
"""
#: A page as tall as few are; its own styles would catch whatever is not kept apart.
HTML = """<!doctype html><html lang="en"><title>Mug</title><style nonce="n">{style}
div, canvas, section {{ display: none !important; color: lime !important }}</style>
<main><h1>Mug</h1><button class="buy">Buy</button><p id="far">Far</p></main>
<script type="module" nonce="n">
  window.seen = [];
  for (const type of ["click", "keydown", "change"]) addEventListener(type, () => seen.push(type));
  window.starting = import("/tracker/{file}").then((overlay) =>
    overlay.start({{ host: "{gateway}/" }}));
</script>"""
#: Lets tests look into closed shadow roots; the overlay itself asks for closed ones.
OPENED = """
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    window.modes = [...(window.modes ?? []), options.mode];
    return attach.call(this, { ...options, mode: "open" });
  };
"""


@dataclass
class Shop:
    """One store with its site. `headers` go with each of its pages, which are of this `html`."""

    world: World
    site: Site
    browser: Browser
    gateway: str
    store: str
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""

    def link(self, path: str = PATH, **body: Any) -> str:
        """A new link to a page, as the API gives it."""
        return str(
            self.ask(f"/api/heatmap/{self.store}/overlay", url=self.site.url + path, **body)["url"]
        )

    def ask(self, path: str, **body: Any) -> Any:
        """The answer of the gateway to a call with a key."""
        answer = httpx.post(self.gateway + path, json=body, headers=self.world.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextmanager
    def open(self, url: str, **options: Any) -> Iterator[Page]:
        """The page behind a link, in a new tab whose overlay can be looked into."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        try:
            context.add_init_script(OPENED)
            tab = context.new_page()
            tab.goto(url)
            tab.evaluate("window.starting")
            yield tab
        finally:
            context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def gateway(module_world: World) -> Iterator[str]:
    settings = changed(module_world.settings, **{**OPEN, "gateway_proxy_reads": True})
    with running("query", settings), running("gateway", settings) as service:
        yield service.url


@pytest.fixture
def shop(module_world: World, browser: Browser, gateway: str) -> Iterator[Shop]:
    """A shop with clicks, hovers and scrolls on one page, as the agents store them."""
    file = json.loads((BUILT / "manifest.json").read_text())["overlay"]["file"]
    html = HTML.format(style=STYLE, file=file, gateway=gateway)
    headers: dict[str, str] = {}

    def serve(request: Request) -> Answer | None:
        return built_file(request.path) or page(shop.html, headers)

    store = str(uuid4())
    store_rows(module_world, UUID(store))
    with Site(serve) as site:
        shop = Shop(module_world, site, browser, gateway, store, headers, html)
        yield shop


#: (kind, col, row, events), of desktops.
CELLS = [("click", 10, 6, 40), ("click", 64, 600, 4), ("click", 127, 0, 1), ("hover", 90, 20, 7)]
HOSTILE = "<img src=x onerror=alert(1)>\u202e::[["
ELEMENTS = [("button.buy", 40, 3, 0, 0), (HOSTILE, 4, 0, 4, 0), ("#far", 1, 0, 1, 7)]


def store_rows(world: World, store: UUID) -> None:
    with world.connect() as connection:
        insert(connection, "pages", {"store_id": store, "page": PATH})
        row = connection.execute(
            "SELECT page_id, date_trunc('hour', now() - interval '1 hour')"
            " FROM pages WHERE store_id = %s",
            [store],
        ).fetchone()
        assert row is not None
        at = {"page_id": row[0], "hour": row[1], "device": "desktop", "is_bot": False}
        for kind, col, row_no, events in CELLS:
            cell = {"kind": kind, "col": col, "row": row_no, "events": events, "dwell_ms": 0}
            insert(connection, "heatmap_cells", {**at, **cell})
        phone = {**at, "device": "mobile", "kind": "click", "col": 5, "row": 5, "events": 2}
        insert(connection, "heatmap_cells", {**phone, "dwell_ms": 0})
        for selector, clicks, rage, dead, hovers in ELEMENTS:
            figures = {"clicks": clicks, "rage_clicks": rage, "dead_clicks": dead, "hovers": hovers}
            insert(
                connection,
                "heatmap_elements",
                {**at, "selector": selector, **figures, "dwell_ms": 0},
            )
        for reach, views in ((20, 1), (10, 3)):
            insert(
                connection,
                "heatmap_scroll",
                {**at, "reach": reach, "events": views, "views": views},
            )
