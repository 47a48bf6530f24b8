"""A pointer's events on a page: clicks, rage clicks, dead clicks, scrolls and hovers.

Two rules keep the expected numbers exact: clicks outside of bursts are more than a second apart,
and the clicks of a burst are one list, so that they are sent in one request.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from storepulse.demo.visitors import DemoPerson


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation as the tracker sends it, `wait` milliseconds after the one before.

    `is_rage`: whether the click must count as a rage click.
    """

    wait: int
    fields: dict[str, Any]
    is_rage: bool = False

    @property
    def is_dead(self) -> bool:
        """Whether it must count as a dead click."""
        selector = self.fields.get("selector")
        return self.fields["type"] == "click" and (selector in _DEAD or selector == BROKEN_BUTTON)


Burst = list[Observed]
#: Milliseconds between repeated clicks on a button that does not react.
_PRESSED_MS = 220

#: Selectors of elements that may react to clicks, and of elements that do not.
_ALIVE = (
    "button.add-to-cart", "a.nav-link", "main .btn-primary", "form input[name=q]", "button > svg",
    "div[role=button]", "li:nth-child(2) > a", "span.CTA-Button", "div[onclick]", "p[data-cta=x]",
    "details>summary", "SELECT#size",
)  # fmt: skip
_DEAD = (
    "div.hero > img", "p.description", "#size-chart", "article", "div.button-row > p",
    "figure > svg", "section.abbr", "h1",
)  # fmt: skip
#: A button made of an element that does not react to clicks.
BROKEN_BUTTON = "div.sticky-bar > div.add-to-cart"
#: The page's own.
WORKING_BUTTON = _ALIVE[0]
_DOCUMENT = 6_400


def device_of(observed: dict[str, Any]) -> str:
    """The device class of an observation that states none."""
    width = observed.get("viewport_width")
    if width is None:
        return "unknown"
    return "mobile" if width < 768 else "tablet" if width < 1024 else "desktop"


def make_bursts(rng: Random, person: DemoPerson) -> list[Burst]:
    """All observations of one view of a page."""
    bursts: list[Burst] = []
    for _ in range(rng.randrange(1, 9)):
        draw = rng.random()
        if draw < 0.40:
            bursts.append([Observed(rng.randrange(200, 4_000), _hover(rng, person))])
        elif draw < 0.65:
            bursts.append([Observed(rng.randrange(200, 3_000), _scroll(rng, person))])
        elif draw < 0.94:
            bursts.append([Observed(rng.randrange(1_200, 6_000), _click(rng, person))])
        else:
            bursts.append(_burst(rng, person))
    return bursts


def press(person: DemoPerson, selector: str, y: int, times: int) -> Burst:
    """Fast repeated clicks on a button: the third and later ones are rage clicks."""
    at = {
        "type": "click", "element_x": 4, "element_y": 9, "x": person.width // 2, "y": y,
        "selector": selector, "viewport_width": person.width, "viewport_height": person.height,
        "document_height": _DOCUMENT,
    }  # fmt: skip
    return [
        Observed(_PRESSED_MS if number else 1_400, dict(at), is_rage=number > 1)
        for number in range(times)
    ]


def _viewport(rng: Random, person: DemoPerson) -> dict[str, Any]:
    draw = rng.random()
    if draw < 0.05:
        return {}
    if draw < 0.10:
        return {"device": person.device}
    return {
        "viewport_width": person.width,
        "viewport_height": person.height,
        "document_height": _DOCUMENT,
    }


def _point(rng: Random, person: DemoPerson) -> dict[str, Any]:
    edge = rng.random()
    x = person.width if edge < 0.01 else 0 if edge < 0.02 else rng.randrange(person.width)
    # Most clicks are at a few places, as on a real page.
    y = (
        rng.choice((120, 480, 481, 900, 1_600))
        if rng.random() < 0.6
        else rng.randrange(1, _DOCUMENT)
    )
    selector = rng.choice(_ALIVE if rng.random() < 0.7 else _DEAD)
    selected = {} if rng.random() < 0.08 else {"selector": selector}
    return {"x": x, "y": y} | selected | _viewport(rng, person)


def _click(rng: Random, person: DemoPerson) -> dict[str, Any]:
    return {"type": "click", "element_x": 4, "element_y": 9} | _point(rng, person)


def _hover(rng: Random, person: DemoPerson) -> dict[str, Any]:
    dwell = {} if rng.random() < 0.1 else {"dwell_ms": rng.randrange(50, 9_000)}
    return {"type": "hover"} | dwell | _point(rng, person)


def _scroll(rng: Random, person: DemoPerson) -> dict[str, Any]:
    depth = rng.choice((0, 4, 5, 25, 50, 75, 99, 100, rng.randrange(101)))
    return {"type": "scroll", "scroll_depth": depth} | _viewport(rng, person)


def _burst(rng: Random, person: DemoPerson) -> Burst:
    """Rage clicks, and clicks that narrowly miss being one: by a pixel, millisecond or click."""
    first = _click(rng, person)
    first["x"] = min(first["x"], person.width - 64)
    first["y"] = min(first["y"], _DOCUMENT - 64)
    shape = rng.randrange(6)
    if shape == 0:  # two clicks are not a burst
        steps = [(0, 0, 150)]
    elif shape == 1:  # exactly at both limits: 30 px apart, 1 s from the first to the third click
        steps = [(0, 0, 500), (18, 24, 500)]
    elif shape == 2:  # a millisecond too slow
        steps = [(0, 0, 500), (0, 0, 501)]
    elif shape == 3:  # a pixel too far
        steps = [(0, 0, 90), (31, 0, 90)]
    else:
        steps = [
            (rng.randrange(8), rng.randrange(8), rng.randrange(40, 240))
            for _ in range(rng.randrange(2, 7))
        ]
    burst: Burst = [Observed(1_400, first)]
    for dx, dy, wait in steps:
        is_rage = len(burst) > 1 and shape not in (2, 3)
        point = {"x": first["x"] + dx, "y": first["y"] + dy}
        burst.append(Observed(wait, first | point, is_rage))
    return burst
