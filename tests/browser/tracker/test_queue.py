"""What arrives, how often, and what happens where the gateway or the network fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from playwright.sync_api import Browser, Page
from tests.support.browser import Answer, Request
from tests.support.tracked_shop import CORS, Visit, accepted, bodies, flush, refused
from tests.support.waiting import wait_until


def names_of(visit: Visit) -> list[str]:
    return [event.get("name") or event["activity_type"] for event in visit.gateway.events()]


def ids_of(visit: Visit) -> list[str]:
    return [event.get("event_id") or event["idempotency_key"] for event in visit.gateway.events()]


def answer_in_turn(visit: Visit, *answers: Answer) -> None:
    """Answers the next requests so, and accepts all after them."""
    left: Iterator[Answer] = iter(answers)
    visit.gateway.reply = lambda _: next(left, None)


def test_events_gather_and_leave_together(visit: Visit) -> None:
    page = visit.context.new_page()
    page.clock.install(time=1_800_000_000_000)
    page.clock.pause_at(1_800_000_001_000)
    page.goto(visit.shop.url + "/a")
    page.wait_for_function("window.storepulse && storepulse.version")
    page.evaluate("storepulse.track('one'); storepulse.track('two')")
    page.clock.run_for(4_900)
    assert visit.gateway.posts == []
    page.clock.run_for(200)
    visit.gateway.wait_for(3)
    assert names_of(visit) == ["page_view", "one", "two"]
    (post,) = visit.gateway.posts
    assert post.headers["content-type"] == "text/plain;charset=UTF-8"
    assert "cookie" not in post.headers
    assert post.json["key"] == "spk_1"


def test_fifty_events_do_not_wait(visit: Visit) -> None:
    page = visit.context.new_page()
    page.clock.install(time=1_800_000_000_000)
    page.clock.pause_at(1_800_000_001_000)
    page.goto(visit.shop.url + "/a")
    page.wait_for_function("window.storepulse && storepulse.version")
    page.evaluate("for (let i = 0; i < 49; i++) storepulse.track('n' + i)")
    assert len(visit.gateway.wait_for(50)) == 50


def test_a_click_right_before_the_page_closes(visit: Visit) -> None:
    visit.shop.body = '<button class="cta-button" data-track-product-id="7">Buy</button>'
    page = visit.open()
    page.click("button")
    page.close()
    (add,) = visit.gateway.wait_for(1, "add_to_cart")
    assert add["product_id"] == "7"


def test_a_link_is_followed_at_once_while_the_gateway_hangs(visit: Visit) -> None:
    hangs = threading.Event()
    visit.gateway.reply = lambda request: Answer(202, b"{}", CORS, wait=lambda: hangs.wait(20))
    visit.shop.body = '<a class="cta-button" href="/b">Buy</a>'
    page = visit.open("/a")
    began = time.monotonic()
    page.click("a")
    page.wait_for_url("**/b")
    assert time.monotonic() - began < 10  # the gateway would take twenty seconds
    visit.gateway.wait_for(1, "add_to_cart")
    hangs.set()


def test_offline_and_back_with_the_same_id_and_time(visit: Visit) -> None:
    page = visit.open()
    flush(page)
    visit.gateway.wait_for(1)
    visit.context.set_offline(True)
    page.evaluate("storepulse.purchase({order_id: 'A-1', value: 5, currency: 'EUR'})")
    wait_until(lambda: bodies(page), "the purchase to be stored", seconds=30)
    kept = bodies(page)
    page.close()
    visit.context.set_offline(False)
    page = visit.open("/b")
    (purchase,) = visit.gateway.wait_for(1, "purchase")
    (text,) = kept.values()
    path, _, body = text.partition("\n")
    arrived = next(post for post in visit.gateway.posts if post.body.decode() == body)
    assert arrived.path.startswith(f"/{path}?sent_at=")
    assert purchase["idempotency_key"] == "purchase:A-1"
    assert "event_id" not in purchase
    wait_until(lambda: not bodies(page), "the stored body to be removed", seconds=30)


def test_coming_online_ends_the_wait(visit: Visit) -> None:
    answer_in_turn(visit, refused(503, retry_after="600"))
    page = visit.open()
    flush(page)
    wait_until(lambda: visit.gateway.posts, seconds=30)
    page.wait_for_timeout(50)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until(lambda: len(visit.gateway.posts) == 2, seconds=30)


@pytest.mark.parametrize(
    "status", [503, *(pytest.param(code, marks=pytest.mark.long) for code in (402, 408, 429, 500))]
)
def test_what_may_pass_is_sent_again_as_the_same_bytes(visit: Visit, status: int) -> None:
    answer_in_turn(visit, refused(status, retry_after="1"))
    page = visit.open()
    flush(page)
    first, second = wait_until(
        lambda: posts if len(posts := visit.gateway.posts) == 2 else None, seconds=30
    )
    assert first.body == second.body
    assert first.path != second.path  # the moment of sending is another
    wait_until(lambda: not bodies(page), seconds=30)


@pytest.mark.long
def test_retry_after_is_obeyed_in_seconds_and_as_a_date(visit: Visit) -> None:
    began: list[float] = []

    def reply(_: Request) -> Answer | None:
        began.append(time.time())
        if len(began) == 1:
            return refused(429, retry_after="2")
        if len(began) == 2:
            return refused(429, retry_after=formatdate(time.time() + 3, usegmt=True))
        return None

    visit.gateway.reply = reply
    flush(visit.open())
    wait_until(lambda: len(began) == 3, seconds=30)
    assert began[1] - began[0] >= 1.9
    assert began[2] - began[1] >= 1.5  # a date has whole seconds


@pytest.mark.parametrize(
    "status", [400, *(pytest.param(code, marks=pytest.mark.long) for code in (401, 413))]
)
def test_what_is_refused_is_not_repeated(visit: Visit, status: int) -> None:
    answer_in_turn(visit, refused(status))
    page = visit.open()
    flush(page)
    visit.gateway.wait_for(1)
    wait_until(lambda: not bodies(page), seconds=30)
    page.evaluate("storepulse.track('next')")
    flush(page)
    visit.gateway.wait_for(2)
    assert names_of(visit) == ["page_view", "next"]


def test_a_503_after_the_page_has_gone_is_made_good_by_the_next(visit: Visit) -> None:
    gone = threading.Event()
    answer_in_turn(visit, Answer(503, b"{}", CORS, wait=lambda: gone.wait(10)))
    page = visit.open("/a")
    page.evaluate("storepulse.track('seen')")
    flush(page)
    wait_until(lambda: visit.gateway.posts, seconds=30)
    page.goto(visit.shop.url + "/b")
    gone.set()
    wait_until(
        lambda: len([p for p in visit.gateway.posts if b'"seen"' in p.body]) == 2, seconds=30
    )
    first, second = [post.body for post in visit.gateway.posts if b'"seen"' in post.body]
    assert first == second


@pytest.mark.long
def test_sixty_large_events_arrive_once_each(visit: Visit) -> None:
    page = visit.open()
    page.evaluate(
        "for (let i = 0; i < 60; i++) storepulse.track('n' + i, {text: 'x'.repeat(9000)})"
    )
    visit.gateway.wait_for(50)
    flush(page)
    visit.gateway.wait_for(61)
    assert len(set(ids_of(visit))) == len(ids_of(visit)) == 61
    assert max(len(post.body) for post in visit.gateway.posts) < 65_536


@pytest.mark.long
def test_180_kb_on_hide_arrive_by_the_next_page(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate(
        "for (let i = 0; i < 20; i++) storepulse.track('n' + i, {text: 'x'.repeat(9000)})"
    )
    page.goto(visit.shop.url + "/b")
    wait_until(
        lambda: {f"n{i}" for i in range(20)} <= set(names_of(visit)),
        lambda: f"came: {names_of(visit)}",
        seconds=30,
    )
    assert len(set(ids_of(visit))) == len(ids_of(visit))


@pytest.mark.long
def test_events_of_40_and_90_kb_leave_and_hold_up_nothing(visit: Visit) -> None:
    page = visit.open()
    for size in (40_000, 90_000):
        page.evaluate(f"storepulse.track('large', {{text: 'x'.repeat({size})}})")
    page.evaluate("storepulse.track('small')")
    flush(page)
    visit.gateway.wait_for(1, "small")
    visit.gateway.wait_for(2, "large")


def test_three_tabs_send_what_is_stored_once_and_in_order(visit: Visit) -> None:
    visit.shop.head, tag = "", visit.shop.head
    page = visit.context.new_page()
    page.goto(visit.shop.url + "/a")
    page.evaluate(
        """for (let i = 0; i < 8; i++) {
            const time = "0" + (Date.now() - 10000 + i).toString(16);
            const id = time.slice(0, 8) + "-" + time.slice(8) + "-7000-8000-000000000000";
            const event = {activity_type: "custom", name: "old" + i, event_id: "old" + i};
            localStorage["sp.q." + id] =
              "api/customer-activity/batch\\n" + JSON.stringify({events: [event]});
        }"""
    )
    visit.shop.head = tag
    visit.gateway.reply = lambda _: Answer(202, b"{}", CORS, wait=lambda: time.sleep(0.05))
    tabs = [visit.context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto(visit.shop.url + "/b", wait_until="commit")
    wait_until(lambda: not bodies(page), seconds=30)
    old = [name for name in names_of(visit) if name.startswith("old")]
    assert old == [f"old{i}" for i in range(8)]


@pytest.mark.long
@pytest.mark.parametrize(
    "broken",
    [
        "navigator.locks.request = () => { throw new Error('no') }",
        "navigator.locks.request = () => Promise.reject(new Error('no'))",
        "Object.defineProperty(navigator, 'locks', {value: undefined})",
        "navigator.locks.request = (name, options, run) => run(null)",
    ],
)
def test_a_lock_that_fails_or_is_taken_stops_nothing(visit: Visit, broken: str) -> None:
    visit.shop.head = f"<script>{broken}</script>{visit.shop.head}"
    flush(visit.open())
    visit.gateway.wait_for(1)


def test_what_is_six_days_old_is_dropped_and_fifty_bodies_are_the_most(visit: Visit) -> None:
    visit.gateway.reply = lambda _: refused(503, retry_after="600")
    page = visit.open()
    page.evaluate(
        """for (let i = 0; i < 60; i++) {
            const time = "0" + (Date.now() - (i ? 1000 : 6 * 86400000) - 60 + i).toString(16);
            const id = time.slice(0, 8) + "-" + time.slice(8) + "-7000-8000-000000000000";
            localStorage["sp.q." + id] =
              "api/customer-activity/batch\\n" + JSON.stringify({events: [], n: i});
        }
        localStorage.other = "sp.q.";"""
    )
    page.evaluate("storepulse.track('one')")
    flush(page)
    wait_until(lambda: len(bodies(page)) == 50, seconds=30)
    kept = list(bodies(page).values())
    assert '"n":0' not in "".join(kept)
    assert '"n":59' in "".join(kept)
    assert page.evaluate("localStorage.other") == "sp.q."


def test_a_full_storage_costs_nothing_but_the_second_attempt(visit: Visit) -> None:
    page = visit.open()
    page.evaluate(
        "try { for (let i = 0; ; i++) localStorage['shop' + i] = 'x'.repeat(1e6); } catch {}"
        "try { for (let i = 0; ; i++) localStorage['fill' + i] = 'x'; } catch {}"
    )
    page.evaluate("storepulse.purchase({order_id: '1', value: 1, currency: 'EUR'})")
    visit.gateway.wait_for(1, "purchase")


def test_money_is_kept_until_it_is_known_to_have_arrived(visit: Visit) -> None:
    """The beacon of a hidden page shows no answer, so the next page tells it again."""
    page = visit.open("/a")
    page.evaluate(
        "document.addEventListener('visibilitychange',"
        " () => storepulse.purchase({order_id: '9', value: 1}), {once: true})"
    )
    page.goto(visit.shop.url + "/b")
    visit.gateway.wait_for(1, "purchase")
    page.wait_for_function("window.storepulse && storepulse.version")
    flush(page)
    purchases = visit.gateway.wait_for(2, "purchase")
    assert {event["idempotency_key"] for event in purchases} == {"purchase:9"}


def test_events_told_while_hidden_leave_at_once(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate("document.addEventListener('visibilitychange', () => storepulse.track('late'))")
    page.goto(visit.shop.url + "/b")
    visit.gateway.wait_for(1, "late")


def test_the_gateways_visitor_replaces_the_scripts(visit: Visit) -> None:
    visit.gateway.reply = lambda _: accepted(visitorId="known.before:1")
    page = visit.open()
    flush(page)
    wait_until(lambda: visit.cookies()["sp_visitor"]["value"] == "known.before:1", seconds=30)
    page.evaluate("storepulse.track('next')")
    flush(page)
    assert visit.gateway.wait_for(1, "next")[0]["visitor_id"] == "known.before:1"


def test_first_party_requests_carry_cookies(browser: Browser, visit: Visit) -> None:
    visit.shop.head = visit.gateway.tag(first_party=True)
    origin = visit.shop.url
    visit.gateway.reply = lambda _: Answer(
        202,
        b"{}",
        {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "set-cookie": "sp_id=1; HttpOnly; SameSite=Lax",
        },
    )
    page = visit.open()
    flush(page)
    visit.gateway.wait_for(1)
    page.evaluate("storepulse.track('next')")
    flush(page)
    visit.gateway.wait_for(2)
    assert "sp_id=1" in visit.gateway.posts[1].headers["cookie"]


def test_one_request_at_a_time(visit: Visit) -> None:
    running: list[int] = []
    most: list[int] = []

    def take_time() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.1)
        running.pop()

    visit.gateway.reply = lambda _: Answer(202, b"{}", CORS, wait=take_time)
    page: Page = visit.open()
    for at in range(5):
        page.evaluate(f"storepulse.purchase({{order_id: 'n{at}'}})")
    visit.gateway.wait_for(5, "purchase")
    assert set(most) == {1}
