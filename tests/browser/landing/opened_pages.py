"""Pages of any text, opened in Chromium: what ran, and what they hold beside our scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, Route
from tests.support.browser import AGENT, chromium

ADDRESS = "https://shop.example/"
#: Frames of one page; of many more, the next page may be held up by what they load.
_AT_ONCE = 100
#: Before all scripts: bodies are kept in the page, and nothing is sent.
_STAND_INS = """
window.__bodies = [];
window.fetch = (url, options) => {
  __bodies.push(options.body);
  return Promise.resolve(new Response("{}", { status: 202 }));
};
navigator.sendBeacon = (url, body) => { __bodies.push(body); return true; };
"""
_READ = """(window) => {
  const document = window.document;
  const ran = {
    bodies: window.__bodies,
    pwned: "__pwned" in window,
    containers: (window.dataLayer ?? []).filter((entry) => entry["gtm.start"]).length,
    pixels: (window.fbq?.queue ?? []).filter((entry) => entry[0] === "init").length,
    mode: document.compatMode,
    body: Object.fromEntries(
      [...document.body?.attributes ?? []].map(({ name, value }) => [name, value]),
    ),
  };
  document.querySelectorAll("[data-storepulse]").forEach((element) => element.remove());
  document.querySelectorAll('script[src*="googletagmanager.com"]').forEach((e) => e.remove());
  document.normalize();
  const rest = document.documentElement.outerHTML;
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
  const comments = [];
  while (walker.nextNode()) comments.push(walker.currentNode);
  for (const comment of comments) comment.remove();
  document.normalize();
  return { ...ran, rest, uncommented: document.documentElement.outerHTML };
}"""
#: A frame is parsed as a page is, and opened in a hundredth of the time.
_WRITE = f"""(pages) => pages.map((html) => {{
  const frame = document.body.appendChild(document.createElement("iframe"));
  const page = frame.contentDocument;
  page.open();
  page.write(html);
  page.close();
  const found = ({_READ})(frame.contentWindow);
  frame.remove();
  return found;
}})"""


class OpenedPages:
    """One tab that opens text after text."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._html = ""
        page.add_init_script(_STAND_INS)
        page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        if route.request.url == ADDRESS:
            body = self._html.encode(errors="surrogatepass")
            route.fulfill(body=body, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=204)

    def open(self, html: str) -> dict[str, Any]:
        """What ran in the page and what it holds; `events` are decoded bodies."""
        self._html = html
        self._page.context.clear_cookies()
        self._page.goto(ADDRESS)
        found: dict[str, Any] = self._page.evaluate(f"({_READ})(window)")
        return _decode(found)

    def write(self, pages: list[str]) -> list[dict[str, Any]]:
        """The same of many pages, each written into a frame of its own."""
        found: list[dict[str, Any]] = []
        for at in range(0, len(pages), _AT_ONCE):
            self.open("<!doctype html><body>")
            found += self._page.evaluate(_WRITE, pages[at : at + _AT_ONCE])
        return [_decode(one) for one in found]

    def call(self, code: str) -> dict[str, Any]:
        """What JavaScript passes to trackPurchase."""
        found: dict[str, Any] = self._page.evaluate(
            "(code) => { const told = [];"
            " window.AAE_TRACKING = { trackPurchase: (purchase) => told.push(purchase) };"
            " (0, eval)(code); return { told, pwned: '__pwned' in window }; }",
            code,
        )
        return found


def _decode(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"events": [json.loads(body) for body in found["bodies"]]}


@contextmanager
def opened_pages() -> Iterator[OpenedPages]:
    with chromium() as browser:
        yield OpenedPages(browser.new_page(user_agent=AGENT))
