"""Which clicks are dead or may be rage."""

from __future__ import annotations

import re

from storepulse.exactness.model.events import Event
from storepulse.exactness.model.pages import heatmap_selector

REACTING_TAGS = {
    "a", "area", "button", "input", "select", "textarea", "label", "summary", "option", "optgroup",
    "video", "audio",
}  # fmt: skip
REACTING_WORDS = {"btn", "button", "cta", "link"}
CONTAINERS = {"row", "group", "bar", "list", "wrapper", "container"}
SERIES_WORDS = {"qty", "quantity", "plus", "minus", "next", "prev", "previous"}


def reacts(selector: str) -> bool:
    """Whether the element or one of its ancestors reacts to clicks. For selectors in tests only:
    without quotes, and without brackets that contain spaces."""
    return any(_reacts_itself(part) for part in re.split(r"[ >]+", selector.lower()))


def _reacts_itself(part: str) -> bool:
    if "onclick" in part or "data-cta" in part or re.search(r"\[role=.?(button|link)", part):
        return True
    tag, *names = re.split(r"[.#]", re.sub(r"\[.*?\]", "", part).partition(":")[0])
    if tag in REACTING_TAGS:
        return True
    words = [re.split("[-_]+", name) for name in (tag, *names)]
    return any(REACTING_WORDS & {*w} and w[-1] not in CONTAINERS for w in words)


def may_be_rage(click: Event) -> bool:
    """Whether it is neither from the keyboard nor on an element that is clicked in series."""
    names = re.split(r"[-_.# >]+", heatmap_selector(click).replace("#__next", ""))
    is_in_series = click.get("is_in_series", bool(SERIES_WORDS & {*names}))
    return (click["x"], click["y"]) != (0, 0) and not is_in_series
