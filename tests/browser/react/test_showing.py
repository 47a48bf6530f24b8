"""What a visitor sees of a test, in React 18 and 19, from a server or not, and what is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.react.shop import STORE, TEST, VISITOR, Shop, assigned, visiting


def test_a_page_shows_the_variant_and_tells_it_once(browser: Browser, shop: Shop) -> None:
    shop.set_page(shop.said("switch", "variants", "hook", strict=True))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue,blue,blue")
        (told,) = visit.wait_told(1)
        assert visit.seen() == ["blue,blue,blue"]
    assert told["event_type"] == "Exposure"
    assert (told["store_id"], told["test_id"], told["phase"]) == (STORE, TEST, 1)
    assert (told["variant_id"], told["visitor_id"]) == ("blue", VISITOR)
    (asked,) = shop.asked()
    assert "expose=false" in asked
    assert f"visitor_id={VISITOR}" in asked


def test_remounted_components_tell_nothing_again(browser: Browser, shop: Shop) -> None:
    shop.set_page(shop.said("remounted", strict=True))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue")
        for shown in ("", "blue", "", "blue"):
            visit.page.click("button")
            visit.wait_shown(shown)
        shop.gateway.variant = assigned("control", phase=2)
        visit.page.evaluate("shop.again()")
        visit.wait_shown("blue")
        visit.wait_told(1)
        assert set(visit.seen()) == {"blue"}


def test_a_reload_tells_the_same_exposure(browser: Browser, shop: Shop) -> None:
    shop.set_page(shop.said("switch"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_told(1)
        visit.open()
        first, second = visit.wait_told(2)
    names = ("event_type", "store_id", "test_id", "phase", "visitor_id", "variant_id")
    assert [first[name] for name in names] == [second[name] for name in names]


@pytest.mark.parametrize("strict", [True, False])
def test_a_servers_page_has_its_variant(browser: Browser, shop: Shop, strict: bool) -> None:
    ask = {"host": shop.site.url, "key": "spk_x", "tests": [TEST], "cookies": "sp_visitor=v-9"}
    said = shop.said("switch", "variants", "hook", provider={"visitorId": None}, strict=strict)
    html, handed = shop.render(said, ask)
    assert "control" not in html
    shop.set_page(handed, html)
    with visiting(browser, shop) as visit:
        visit.open()
        (told,) = visit.wait_told(1)
        # A busy browser may paint what has arrived of the page before the rest of it.
        seen = visit.seen()
        assert seen[-1] == "blue,blue,blue"
        assert all(seen[-1].startswith(frame) for frame in seen)
        assert seen == sorted(seen)
        cookies = {one["name"]: one["value"] for one in visit.context.cookies()}
    assert told["visitor_id"] == "v-9"
    assert cookies["sp_visitor"] == "v-9"
    assert len(shop.asked()) == 1


def test_a_servers_page_without_variants_is_hidden_until_the_answer(
    browser: Browser, shop: Shop
) -> None:
    html, handed = shop.render(shop.said("switch", "variants", strict=True))
    assert "control" in html
    shop.set_page(handed, html)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue,blue")
        visit.wait_told(1)
        assert visit.seen() == ["blue,blue"]


def test_a_servers_page_whose_script_is_late_stays_control(browser: Browser, shop: Shop) -> None:
    html, handed = shop.render(shop.said("switch"))
    shop.set_page(handed, html, is_patient=False)
    go = threading.Event()
    shop.script_wait = lambda: go.wait(20)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control")  # by style alone
        go.set()
        visit.page.wait_for_function("() => shop.root")
        visit.page.wait_for_timeout(100)
        visit.wait_told(0)
        assert visit.seen() == ["control"]


@pytest.mark.parametrize("is_servers", [True, False])
def test_who_waits_too_long_gets_control_and_no_exposure(
    browser: Browser, shop: Shop, is_servers: bool
) -> None:
    go = threading.Event()
    shop.gateway.wait = lambda: go.wait(20)
    said = shop.said("switch", "hook")
    shop.set_page(said, shop.render(said)[0] if is_servers else "", is_patient=False)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control,control")
        go.set()
        visit.page.wait_for_timeout(100)
        visit.wait_told(0)
        assert visit.seen()[-1] == "control,control"
        assert "blue" not in ",".join(visit.seen())


@pytest.mark.parametrize(
    ("status", "raw"),
    [
        (500, None),
        (404, b'{"status": "error"}'),
        (200, b"<html>"),
        (200, b'{"data": null}'),
        (200, b'{"data": {"variant_id": 7, "assigned": true}}'),
        (200, b"[]"),
    ],
)
def test_a_gateway_that_fails_leaves_control(
    browser: Browser, shop: Shop, status: int, raw: bytes | None
) -> None:
    shop.gateway.status, shop.gateway.raw = status, raw
    shop.set_page(shop.said("switch", "variants", strict=True))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control,control")
        visit.wait_told(0)
        assert visit.seen() == ["control,control"]


def test_who_takes_no_part_is_not_exposed(browser: Browser, shop: Shop) -> None:
    shop.gateway.variant = assigned("control") | {"assigned": False, "reason": "not_targeted"}
    shop.set_page(shop.said("switch"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control")
        visit.wait_told(0)


def test_control_is_exposed_as_any_variant(browser: Browser, shop: Shop) -> None:
    shop.gateway.variant = assigned("v0") | {"is_control": True}
    shop.set_page(shop.said("switch", "variants"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control,control")
        (told,) = visit.wait_told(1)
    assert told["variant_id"] == "v0"


def test_tests_that_a_page_knows_are_drawn_at_once(browser: Browser, shop: Shop) -> None:
    variants = [{"variant_id": "control", "is_control": True, "weight": 0, "payload": {}}]
    variants += [{"variant_id": "blue", "is_control": False, "weight": 10_000, "payload": {}}]
    lists: dict[str, Any] = {name: [] for name in ("page_types", "slugs", "devices", "countries")}
    targeting = lists | {"visitors": "all", "utm": {}}
    test = {"test_id": TEST, "phase": 4, "traffic": 10_000, "group": None}
    known = [test | {"targeting": targeting, "variants": variants}, {"test_id": "nonsense"}]
    said = shop.said("switch", "hook", "list", provider={"initialTests": known})
    html, handed = shop.render(said)
    assert "control" not in html
    shop.set_page(handed, html)
    with visiting(browser, shop) as visit:
        visit.open()
        (told,) = visit.wait_told(1)
        assert visit.seen() == ["blue,blue"]
        assert visit.page.text_content("output") == "2 true"
    assert (told["variant_id"], told["phase"]) == ("blue", 4)
    assert shop.asked() == []


def test_a_test_for_some_is_asked_of_the_gateway(browser: Browser, shop: Shop) -> None:
    known = {
        "test_id": TEST, "phase": 1, "traffic": 10_000, "group": None, "variants": [],
        "targeting": {
            "page_types": [], "slugs": [], "devices": [], "countries": ["DE"],
            "visitors": "all", "utm": {},
        },
    }  # fmt: skip
    shop.set_page(shop.said("switch", provider={"initialTests": [known], "pageType": "product"}))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue")
        visit.wait_told(1)
    assert "page_type=product" in shop.asked()[0]


def test_no_provider_and_no_tracker(browser: Browser, shop: Shop) -> None:
    said = shop.said("switch", "variants", "hook", "list", strict=True) | {"provider": None}
    for html in ("", shop.render(said)[0]):
        shop.set_page(said, html)
        with visiting(browser, shop) as visit:
            visit.open()
            visit.wait_shown("control,control,control")
            visit.page.evaluate("trackConversion(1); trackMetric('m', 2)")
            visit.wait_told(0)
    assert shop.asked() == []


def test_no_provider_but_the_trackers_tag(browser: Browser, shop: Shop) -> None:
    said = shop.said("switch") | {"provider": None}
    tag = (
        f"<script defer src={shop.site.url}/tracker.js data-store={STORE} data-key=spk_t></script>"
    )
    shop.set_page(said, head=tag)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue")
        (told,) = visit.wait_told(1)
        cookies = {one["name"]: one["value"] for one in visit.context.cookies()}
    assert told["visitor_id"] == cookies["sp_visitor"]
    assert "key=spk_t" in shop.asked()[0]
