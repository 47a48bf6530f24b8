"""Capture a page's picture in a window of a given width, and the positions of its elements.

The page is shown as on a visitor's first view, but the tracker is not loaded, so that the view is
not counted. It is scrolled through once, so that lazy content loads. Names of elements are
untrusted text, cut to a length.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from storepulse.adapters.chromium.devtools import DevTools, Message
from storepulse.domain.errors import Rejected
from storepulse.domain.picture_files import PlacedElement

#: As in heatmaps, which refuse events further down.
TALLEST = 10_000
LONGEST_NAME = 80
_QUALITY = 70
_LOADS_IN = 45.0
_SCRIPTS_OF_OURS = ("*/tracker.js*", "*/tracker/*.js*")
#: Scroll through the page so that lazy pictures load, then go back.
_SCROLL = """(async () => {
  const step = Math.max(innerHeight, 400);
  for (let at = 0; at < Math.min(document.documentElement.scrollHeight, 10000); at += step) {
    scrollTo({ top: at, behavior: "instant" });
    await new Promise((go) => setTimeout(go, 120));
  }
  scrollTo({ top: 0, behavior: "instant" });
  await Promise.race([
    Promise.all([...document.images].map((one) => one.decode().catch(() => 0))),
    new Promise((go) => setTimeout(go, 3000)),
  ]);
  await new Promise((go) => setTimeout(go, 300));
})()"""
#: Positions of elements; null if an element does not exist or has no size.
_PLACES = """function (selectors, longest) {
  return selectors.map((selector) => {
    try {
      const found = [...document.querySelectorAll(selector)];
      const boxes = found.map((one) => one.getBoundingClientRect());
      const at = boxes.findIndex((box) => box.width > 0 && box.height > 0);
      if (at < 0) return null;
      const { x, y, width, height } = boxes[at];
      const one = found[at];
      const name = one.ariaLabel || one.alt || one.innerText || one.placeholder || one.title || "";
      const text = String(name).replace(/\\s+/g, " ").trim().slice(0, longest);
      return [x + scrollX, y + scrollY, width, height, text];
    } catch {
      return null;
    }
  });
}"""


@dataclass(frozen=True, slots=True)
class PageWindow:
    """The window in which a page is shown."""

    width: int
    height: int
    is_mobile: bool = False


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A captured page. `picture` is WebP of this size."""

    picture: bytes
    width: int
    height: int
    places: tuple[PlacedElement, ...]


def capture_page(
    tools: DevTools, url: str, window: PageWindow, selectors: Sequence[str]
) -> CapturedPage:
    """Capture the page at `url`.

    Raises Rejected if it cannot be shown or redirects to another page, Transient if it takes too
    long.
    """
    target = tools.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
    opened = tools.ask("Target.attachToTarget", {"targetId": target, "flatten": True})
    session = opened["sessionId"]

    def ask(method: str, **parameters: Any) -> Message:
        return tools.ask(method, parameters, session=session, seconds=_LOADS_IN)

    for domain in ("Page", "Network", "Runtime"):
        ask(f"{domain}.enable")
    ask("Page.setLifecycleEventsEnabled", enabled=True)
    ask("Network.setBlockedURLs", urls=list(_SCRIPTS_OF_OURS))
    ask(
        "Emulation.setDeviceMetricsOverride", width=window.width, height=window.height,
        deviceScaleFactor=1, mobile=window.is_mobile,
    )  # fmt: skip
    reduced = {"name": "prefers-reduced-motion", "value": "reduce"}
    ask("Emulation.setEmulatedMedia", features=[reduced])
    _show(tools, ask("Page.navigate", url=url), url)
    ask("Runtime.evaluate", expression=_SCROLL, awaitPromise=True)
    content = ask("Page.getLayoutMetrics")["cssContentSize"]
    height = int(min(max(content["height"], 1), TALLEST))
    places = _find_places(ask, selectors)
    clip = {"x": 0, "y": 0, "width": window.width, "height": height, "scale": 1}
    shot = ask(
        "Page.captureScreenshot", format="webp", quality=_QUALITY, captureBeyondViewport=True,
        clip=clip,
    )  # fmt: skip
    return CapturedPage(base64.b64decode(shot["data"]), window.width, height, places)


def _show(tools: DevTools, answer: Message, url: str) -> None:
    """Wait until the page is loaded. Raises Rejected, Transient."""
    fault = answer.get("errorText")
    if not fault:
        loader = answer["loaderId"]
        tools.wait_for(
            "Page.lifecycleEvent",
            lambda said: said["name"] == "load" and said["loaderId"] == loader,
            _LOADS_IN,
        )
        time.sleep(0.5)  # for scripts that run after loading
    documents = [
        one["response"]
        for one in tools.heard("Network.responseReceived")
        if one["type"] == "Document" and one.get("frameId") == answer["frameId"]
    ]
    status, address = (documents[-1]["status"], documents[-1]["url"]) if documents else (200, url)
    if status >= 400:
        raise Rejected("url", f"answers {status}")
    if fault:
        raise Rejected("url", f"cannot be opened: {fault}")
    if _path_of(address) != _path_of(url):
        raise Rejected("url", f"leads to {address[:200]}: capture that one")


def _path_of(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def _find_places(ask: Any, selectors: Sequence[str]) -> tuple[PlacedElement, ...]:
    """Find elements in an isolated world, where the page cannot have replaced browser functions."""
    if not selectors:
        return ()
    frame = ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = ask("Page.createIsolatedWorld", frameId=frame, worldName="storepulse")
    found = ask(
        "Runtime.callFunctionOn", functionDeclaration=_PLACES, returnByValue=True,
        executionContextId=world["executionContextId"],
        arguments=[{"value": list(selectors)}, {"value": LONGEST_NAME}],
    )["result"].get("value")  # fmt: skip
    places = []
    for selector, place in zip(selectors, found or (), strict=False):
        if place is not None:
            x, y, width, height = (round(number) for number in place[:4])
            places.append(
                PlacedElement(selector, str(place[4])[:LONGEST_NAME], x, y, width, height)
            )
    return tuple(places)
