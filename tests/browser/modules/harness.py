"""A page that starts one module with a small core, and keeps what the module adds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page
from tests.support.browser import AGENT, BUILT, Answer, Request, Serve, Site, built_file, page

STORE = "455ab1b8-00f7-5739-9f25-da83c77c9263"
VISITOR = "01a2240a-5c2f-7e4e-a963-4fa10ae90d5e"
SESSION = "01a2240a-5c30-7e4e-a963-4fa10ae90d5e"

_CORE = """
<script type="module">
  import { start } from "/tracker/%(file)s";
  const ears = [];
  window.added = [];
  window.calls = [];
  window.allowed = %(consent)s;
  window.view = 1;
  window.storepulse = { track: (name, fields) => calls.push([name, fields]) };
  window.tell = (name, fields = {}, id = "id-" + name) =>
    ears.forEach((ear) => ear({ name, id, fields }));
  start({
    settings: %(settings)s,
    host: location.origin + "/",
    context: () => ({ store_id: "%(store)s", visitor_id: "%(visitor)s", session_id: "%(session)s",
                      page_url: location.href, view_id: "view-" + view }),
    add: (stream, event) => {
      const text = JSON.stringify(event);
      if (allowed.analytics === "denied") return;
      added.push({ stream, at: Date.now(), ...JSON.parse(text) });
    },
    on: (target, type, run) => target.addEventListener(type, (event) => {
      try { run(event) } catch (error) { window.fault = String(error) }
    }, { capture: true, passive: true }),
    hear: (ear) => { ears.push((told) => {
                       try { ear(told) } catch (error) { window.fault = String(error) }
                     });
                     ears.at(-1)({ name: "page_view", id: "first", fields: {} }) },
    consent: () => allowed,
  });
  window.started = true;
</script>
"""
GRANTED = {"analytics": "granted", "marketing": "granted"}


def html(
    module: str,
    body: str,
    *,
    settings: Mapping[str, str] | None = None,
    consent: Mapping[str, str] = GRANTED,
    head: str = "",
) -> str:
    """A page with a module of the tracker."""
    manifest = json.loads((BUILT / "manifest.json").read_text())
    core = _CORE % {
        "file": manifest[module]["file"],
        "settings": json.dumps({"store": STORE, "key": "spk_test", **(settings or {})}),
        "consent": json.dumps(consent),
        "store": STORE,
        "visitor": VISITOR,
        "session": SESSION,
    }
    return f"<!doctype html><html><head>{head}</head><body>{body}{core}</body></html>"


@contextmanager
def opened(browser: Browser, text: str, more: Serve | None = None) -> Iterator[tuple[Page, Site]]:
    """The page in a tab of a person's browser, when its module has started."""

    def serve(request: Request) -> Answer | None:
        if (found := more(request) if more else None) is not None:
            return found
        return built_file(request.path) if "/tracker/" in request.path else page(text)

    with Site(serve) as site:
        context = browser.new_context(user_agent=AGENT, viewport={"width": 1280, "height": 720})
        try:
            tab = context.new_page()
            tab.goto(site.url)
            tab.wait_for_function("window.started")
            yield tab, site
            assert tab.evaluate("window.fault") is None
        finally:
            context.close()


def hide(tab: Page) -> None:
    """The page is hidden, as it learns it: a headless tab never is by itself."""
    tab.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});"
        "Object.defineProperty(document, 'visibilityState',"
        " {get: () => 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    )


def added(tab: Page) -> list[dict[str, Any]]:
    """What the module gave to the core so far."""
    found: list[dict[str, Any]] = tab.evaluate("window.added")
    return found
