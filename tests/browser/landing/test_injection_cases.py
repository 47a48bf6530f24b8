"""Every hostile input, opened in Chromium, with each injector and with all of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from tests.browser.landing.opened_pages import OpenedPages, opened_pages
from tests.unit.tracking.injection_cases import CASES, inject_all, orders, page_of, result_of


@pytest.fixture(scope="module")
def pages() -> Iterator[OpenedPages]:
    with opened_pages() as opened:
        yield opened


def opened_cases() -> list[str]:
    """Those that make a page or a script."""
    return [
        name
        for name, case in CASES.items()
        if not {"raises", "accepted"} & case["expect"].keys()
        and "purchase" not in case["target"]
        and "html_repeat" not in case
    ]


@pytest.mark.parametrize("name", opened_cases())
def test_a_browser_runs_what_was_put_in_once(pages: OpenedPages, name: str) -> None:
    case = CASES[name]
    expect = case["expect"]
    found = pages.open(result_of(case))
    assert found["pwned"] is False
    ran = found["containers"] if case["target"] == "TagManagerInjector" else len(found["events"])
    assert ran == expect.get("runs_in_browser", 1)
    for field in ("landing_page_id", "campaign_id"):
        if f"{field}_in_browser" in expect:
            assert found["events"][0][field] == expect[f"{field}_in_browser"]
    if "compat_mode" in expect:
        assert found["mode"] == expect["compat_mode"]
    if expect.get("rest_of_document_unchanged"):
        assert pages.open(page_of(case))["rest"] == found["rest"]
    assert expect.get("body_attribute", {}).items() <= found["body"].items()


def check_together(pages: OpenedPages, page: str, some: list[tuple[str, ...]]) -> None:
    before = pages.open(page)
    for order in some:
        found = pages.open(inject_all(page, order))
        counts = (len(found["events"]), found["containers"], found["pixels"])
        assert counts == (1, 1, 1), order
        assert found["mode"] == before["mode"]
        assert found["rest"] == before["rest"]
        assert found["pwned"] is False


def test_all_injectors_go_together_in_any_order(pages: OpenedPages) -> None:
    check_together(pages, page_of(CASES["all-three-injectors"]), list(orders()))


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in opened_cases() if "html" in CASES[name]])
def test_all_injectors_go_together_on_every_page(pages: OpenedPages, name: str) -> None:
    every = list(orders())
    check_together(pages, page_of(CASES[name]), [every[len(name) % len(every)]])


@pytest.mark.parametrize("name", ["purchase-plain", "purchase-order-id", "purchase-decimal"])
def test_a_purchases_call_passes_what_was_given(pages: OpenedPages, name: str) -> None:
    expect = CASES[name]["expect"]
    pages.open("<!doctype html>")
    found = pages.call(result_of(CASES[name]))
    (told,) = found["told"]
    assert found["pwned"] is False
    if "call_argument" in expect:
        assert told == expect["call_argument"]
    if "call_argument_order_id" in expect:
        assert told["order_id"] == expect["call_argument_order_id"]
    if "call_argument_value_equals" in expect:
        assert Decimal(str(told["value"])) == Decimal(expect["call_argument_value_equals"])
