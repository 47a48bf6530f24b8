"""tests/data/injection.json: hostile inputs of the injectors, each with the right outcome."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from storepulse.tracking import EventTracker, PixelInjector, TagManagerInjector

_FILE = Path(__file__).parents[2] / "data" / "injection.json"
GATEWAY = "https://events.example.com"
PIXEL = "1234567890123456"
CONTAINER = "GTM-ABC123"
Case = dict[str, Any]


def read_cases() -> dict[str, Case]:
    return {case["id"]: case for case in json.loads(_FILE.read_text())["cases"]}


CASES = read_cases()


def value_of(stated: Any) -> Any:
    """What JSON cannot hold is written as text."""
    if isinstance(stated, str) and stated.startswith("float:"):
        return float(stated.removeprefix("float:"))
    if isinstance(stated, str) and stated.startswith("Decimal:"):
        return Decimal(stated.removeprefix("Decimal:"))
    return stated


def arguments_of(case: Case) -> dict[str, Any]:
    return {name: value_of(value) for name, value in case.get("args", {}).items()}


def page_of(case: Case) -> Any:
    if "html_repeat" in case:
        text, times = case["html_repeat"]
        return text * times
    html = case["html"]
    return html.encode() if case.get("html_type") == "bytes" else html


Inject = Callable[[str], str]


def injectors(**values: Any) -> dict[str, Inject]:
    """Each injector as a function from page to page."""
    landing = {"landing_page_id": "lp_123", "campaign_id": "camp_456"} | values
    tracker = EventTracker(api_base_url=GATEWAY)
    pixel, container = PixelInjector(PIXEL), TagManagerInjector(CONTAINER)
    return {
        "tracker": lambda page: tracker.inject_tracking_script(page, **landing),
        "pixel": pixel.inject_pixel,
        "container": container.inject_container,
    }


def inject_all(page: str, order: tuple[str, ...], times: int = 2) -> str:
    functions = injectors()
    for name in order:
        for _ in range(times):
            page = functions[name](page)
    return page


def orders() -> Iterator[tuple[str, ...]]:
    return itertools.permutations(("tracker", "pixel", "container"))


def construct(case: Case) -> object:
    arguments = arguments_of(case)
    kinds: dict[str, Callable[..., object]] = {
        "EventTracker": EventTracker,
        "PixelInjector": PixelInjector,
        "TagManagerInjector": TagManagerInjector,
    }
    return kinds[case["target"]](**arguments)


def result_of(case: Case) -> str:
    """The page, script or call that a case makes."""
    target = case["target"]
    if target == "TagManagerInjector":
        return TagManagerInjector(**arguments_of(case)).inject_container(page_of(case))
    if target == "EventTracker + PixelInjector + TagManagerInjector":
        return inject_all(page_of(case), ("tracker", "pixel", "container"))
    tracker = EventTracker(api_base_url=GATEWAY)
    if target == "EventTracker.generate_purchase_tracking_call":
        return tracker.generate_purchase_tracking_call(**arguments_of(case))
    values = {"landing_page_id": "lp_123", "campaign_id": "camp_456"} | arguments_of(case)
    if target == "EventTracker.generate_tracking_script":
        return tracker.generate_tracking_script(**values)
    page, calls = page_of(case), case.get("calls", 1)
    for call in [{}] * calls if isinstance(calls, int) else calls:
        page = tracker.inject_tracking_script(page, **values | call)
    return page
