"""What is sent and stored before, with and after the visitor's consent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.support.tracked_shop import STUB, Visit, bodies, flush
from tests.support.waiting import wait_until


def names_of(visit: Visit) -> list[str]:
    return [event.get("name") or event["activity_type"] for event in visit.gateway.events()]


def settle(page: Page) -> None:
    """Lets what a page could still send leave it."""
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(200)


def test_until_consent_nothing_leaves_and_nothing_is_kept(visit: Visit) -> None:
    visit.shop.head = visit.gateway.tag(consent="required", heatmap=True, pixels=True)
    page = visit.open("/a?utm_source=letter")
    page.evaluate("storepulse.track('early'); storepulse.purchase({order_id: '1'})")
    settle(page)
    assert visit.gateway.posts == []
    assert visit.cookies() == {}
    assert page.evaluate("localStorage.length") == 0
    assert [r.path for r in visit.gateway.requests] == ["/tracker.js"]

    page.evaluate("history.pushState({}, '', '/b')")
    page.wait_for_timeout(50)
    page.evaluate("storepulse.consent('granted')")
    events = visit.gateway.wait_for(4)
    assert [e["activity_type"] for e in events] == ["page_view", "custom", "purchase", "page_view"]
    assert events[0]["page_url"].endswith("/a?utm_source=letter")
    assert {e["consent"]["marketing"] for e in events} == {"granted"}
    assert len({e["visitor_id"] for e in events}) == 1
    cookies = visit.cookies()
    assert cookies["sp_consent"]["value"] == "gg"
    assert cookies["sp_visitor"]["value"] == events[0]["visitor_id"]
    wait_until(lambda: any("heatmap" in r.path for r in visit.gateway.requests), seconds=30)


def test_a_denial_empties_all_and_later_consent_brings_nothing_back(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("storepulse.track('before')")
    page.evaluate("localStorage['sp.q.' + Date.now()] = 'x'; localStorage.other = '1'")
    page.evaluate("storepulse.consent('denied'); storepulse.track('denied')")
    settle(page)
    assert set(visit.cookies()) == {"sp_consent"}
    assert bodies(page) == {}
    assert page.evaluate("localStorage.other") == "1"
    assert visit.gateway.posts == []
    page.evaluate("storepulse.consent('granted'); storepulse.track('after')")
    flush(page)
    visit.gateway.wait_for(1)
    assert names_of(visit) == ["after"]


def test_one_choice_leaves_the_other(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("storepulse.consent('granted'); storepulse.consent({marketing: 'denied'})")
    assert visit.cookies()["sp_consent"]["value"] == "gd"
    page.evaluate("storepulse.track('one')")
    flush(page)
    event = visit.gateway.wait_for(1, "one")[0]
    assert event["consent"] == {"analytics": "granted", "marketing": "denied"}


def test_a_denial_in_another_tab_is_followed(visit: Visit) -> None:
    first, second = visit.open("/a"), visit.open("/b")
    first.evaluate("storepulse.track('one')")
    second.evaluate("storepulse.consent('denied')")
    first.evaluate("storepulse.track('two')")
    settle(first)
    assert visit.gateway.posts == []
    assert set(visit.cookies()) == {"sp_consent"}


def test_consent_in_another_tab_is_followed(visit: Visit) -> None:
    visit.shop.head = visit.gateway.tag(consent="required")
    first, second = visit.open("/a"), visit.open("/b")
    second.evaluate("storepulse.consent('granted')")
    settle(first)
    visit.gateway.wait_for(2, "page_view")


def test_queued_consent_goes_before_everything(visit: Visit) -> None:
    visit.shop.head = (
        STUB
        + "<script>storepulse.track('early'); storepulse.consent('denied')</script>"
        + visit.shop.head
    )
    page = visit.open()
    settle(page)
    assert visit.gateway.posts == []
    assert set(visit.cookies()) == {"sp_consent"}


SIGNALS = """
Object.defineProperty(navigator, "globalPrivacyControl", {value: true});
Object.defineProperty(navigator, "doNotTrack", {value: "1"});
"""


@pytest.mark.parametrize(
    ("attributes", "analytics", "marketing"),
    [({}, "granted", "granted"), ({"gpc": True}, "granted", "denied"), ({"dnt": True}, None, None)],
)
def test_privacy_signals_count_where_the_tag_obeys_them(
    visit: Visit, attributes: dict[str, bool], analytics: str | None, marketing: str | None
) -> None:
    visit.context.add_init_script(SIGNALS)
    visit.context.add_cookies([{"name": "sp_consent", "value": "gg", "url": visit.shop.url}])
    visit.shop.head = visit.gateway.tag(**attributes)
    page = visit.open()
    settle(page)
    if analytics is None:
        assert visit.gateway.posts == []
        assert set(visit.cookies()) == {"sp_consent"}
        return
    (event,) = visit.gateway.wait_for(1)
    assert event["consent"] == {"analytics": analytics, "marketing": marketing}
