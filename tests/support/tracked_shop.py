"""A shop whose pages hold the tracker, and a gateway on another origin that can be made to fail.

Whatever a test does, the page must not notice the tracker: no exception, no message in the
console, and no request that asks for permission first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from tests.support.browser import AGENT, Answer, Request, Site, built_file
from tests.support.browser import page as page_answer
from tests.support.waiting import wait_until

ACTIVITY = "/api/customer-activity/batch"
_DOCUMENTED = Path(__file__).parents[2] / "docs" / "tracker.md"


def documented(part: str) -> str:
    """The snippet of docs/tracker.md that holds some text."""
    snippets = re.findall(r"```html\n(.*?)```", _DOCUMENTED.read_text("utf-8"), re.DOTALL)
    return next(snippet for snippet in snippets if part in snippet)


#: What keeps calls until the script has come.
STUB = documented("{q: []}")
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "retry-after",
    "content-type": "application/json",
}
#: What Chromium itself writes about a request that failed, whoever made it.
_OF_THE_BROWSER = "Failed to load resource"

Reply = Callable[[Request], Answer | None]


def accepted(**said: Any) -> Answer:
    """The gateway's 202."""
    return Answer(202, json.dumps({"status": "accepted", **said}).encode(), CORS)


def refused(status: int, **headers: str) -> Answer:
    """Another answer of it; names of headers have underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, b'{"status":"error"}', CORS | named)


class Gateway(Site):
    """Takes events and serves the tracker. `reply` answers a POST; None: it is accepted.
    All is there under `/sp` too."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.reply: Reply = lambda _: None

    def _serve(self, request: Request) -> Answer | None:
        if request.method == "POST":
            return self.reply(request) or accepted()
        return built_file(request.path.removeprefix("/sp"))

    @property
    def posts(self) -> list[Request]:
        """The requests that brought events."""
        return [request for request in self.requests if request.method == "POST"]

    def events(self, path: str = ACTIVITY) -> list[dict[str, Any]]:
        """The events that came to a path, in their order, repeated ones too."""
        posts = [request for request in self.posts if request.path.startswith(path)]
        return [event for request in posts for event in request.json["events"]]

    def wait_for(self, count: int, kind: str | None = None) -> list[dict[str, Any]]:
        """Waits for so many activity events of a type, or of all, and gives them."""

        def arrived() -> list[dict[str, Any]]:
            return [e for e in self.events() if kind in (None, e["activity_type"], e.get("name"))]

        def seen() -> str:
            return f"{count} of {kind}; came: {[e['activity_type'] for e in self.events()]}"

        return wait_until(
            lambda: found if len(found := arrived()) >= count else None, seen, seconds=30
        )

    def tag(self, **attributes: str | bool) -> str:
        """The script tag; `first_party=True` is `data-first-party`."""
        given: dict[str, str | bool] = {"store": "store-1", "key": "spk_1"} | attributes
        parts = [
            f"data-{name.replace('_', '-')}" + ("" if value is True else f'="{value}"')
            for name, value in given.items()
            if value is not False
        ]
        return f'<script defer src="{self.url}/tracker.js" {" ".join(parts)}></script>'


class Shop(Site):
    """Every path is a page with `head` and `body`, which a test may change."""

    def __init__(self, gateway: Gateway, host: str = "127.0.0.1") -> None:
        super().__init__(self._serve, host)
        self.head = gateway.tag()
        self.body = ""
        self.headers: Mapping[str, str] = {}

    def _serve(self, request: Request) -> Answer | None:
        if request.path == "/favicon.ico":
            return Answer(204)
        html = f"<!doctype html><title>{request.path}</title>{self.head}{self.body}"
        return page_answer(html, self.headers)


class Visit:
    """A browser profile of its own. What the pages say aloud is kept in `noise`."""

    def __init__(self, browser: Browser, gateway: Gateway, shop: Shop, **options: Any) -> None:
        self.gateway, self.shop = gateway, shop
        self.noise: list[str] = []
        self.context: BrowserContext = browser.new_context(
            user_agent=AGENT, ignore_https_errors=True, **options
        )
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.noise.append(str(error.error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(_OF_THE_BROWSER):
            self.noise.append(f"{message.type}: {message.text}")

    def open(self, path: str = "/a", *, wait: bool = True) -> Page:
        """A new tab on a page of the shop; with `wait`, the tracker has started there."""
        page = self.context.new_page()
        page.goto(self.shop.url + path)
        if wait:
            page.wait_for_function("window.storepulse && window.storepulse.version")
        return page

    def cookies(self) -> dict[str, Any]:
        """The tracker's cookies by name."""
        found = {cookie["name"]: cookie for cookie in self.context.cookies()}
        return {name: cookie for name, cookie in found.items() if name.startswith("sp_")}

    def check(self) -> None:
        """Fails where a page could have noticed the tracker."""
        assert self.noise == [], self.noise
        asked = [request.path for request in self.gateway.requests if request.method == "OPTIONS"]
        assert asked == [], "a browser asked for permission first"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@contextmanager
def visited(browser: Browser, host: str = "127.0.0.1", **options: Any) -> Iterator[Visit]:
    """A gateway, a shop and a profile; checked at the end."""
    with Gateway() as gateway, Shop(gateway, host) as shop:
        with Visit(browser, gateway, shop, **options) as visit:
            yield visit
        visit.check()


def flush(page: Page) -> None:
    """Makes the page send what it holds: a visitor looks at another tab and comes back."""
    page.evaluate("storepulse.consent({})")


def bodies(page: Page) -> dict[str, str]:
    """What the tracker has stored, by key."""
    return page.evaluate(
        "Object.fromEntries(Object.entries(localStorage)"
        ".filter(([key]) => key.startsWith('sp.q.')).sort())"
    )


__all__ = [
    "ACTIVITY", "CORS", "STUB", "Gateway", "Shop", "Visit",
    "accepted", "bodies", "documented", "flush", "refused", "visited",
]  # fmt: skip
