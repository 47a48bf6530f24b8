"""The snippets of docs/tracker.md work as they stand."""

from __future__ import annotations

import json
import re

from tests.support.browser import BUILT
from tests.support.tracked_shop import Visit, documented, flush
from tests.support.waiting import wait_until

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
GATEWAY = "https://events.shop.example"


def test_the_tag_the_calls_and_the_markup(visit: Visit) -> None:
    tag = documented("/tracker.js").replace(GATEWAY, visit.gateway.url)
    visit.shop.head = documented("{q: []}") + documented("newsletter_signup") + tag
    visit.shop.body = documented("opened_size_guide")
    page = visit.open()
    page.click("button")
    page.click("a")
    flush(page)
    visit.gateway.wait_for(1, "opened_size_guide")
    events = {e.get("name") or e["activity_type"]: e for e in visit.gateway.events()}
    assert set(events) == {
        "page_view", "product_view", "newsletter_signup", "identify", "purchase", "add_to_cart",
        "opened_size_guide",
    }  # fmt: skip
    assert {event["store_id"] for event in events.values()} == {STORE}
    assert events["purchase"]["idempotency_key"] == "purchase:1001"
    assert events["add_to_cart"]["quantity"] == 2
    assert events["opened_size_guide"]["metadata"] == {"size_name": "M"}


def test_the_choices(visit: Visit) -> None:
    visit.shop.body = documented('storepulse.consent("granted")')
    visit.shop.head = visit.gateway.tag().replace("defer ", "")
    visit.open()
    assert visit.cookies()["sp_consent"]["value"] == "gd"


def test_a_path_of_the_shops_own(visit: Visit) -> None:
    tag = documented("/sp/tracker.js")
    for name in ("/sp/tracker.js", 'data-host="/sp"'):
        assert name in tag
    visit.shop.head = tag.replace('"/sp', f'"{visit.gateway.url}/sp')
    page = visit.open()
    flush(page)
    (post,) = wait_until(lambda: visit.gateway.posts, seconds=30)
    assert post.path.startswith("/sp/api/customer-activity/batch?")


def test_the_pinned_script_runs_and_another_does_not(visit: Visit) -> None:
    core = json.loads((BUILT / "manifest.json").read_text("utf-8"))["core"]
    tag = documented("core.0123abcd.js").replace(GATEWAY, visit.gateway.url)
    tag = tag.replace("core.0123abcd.js", core["file"])
    visit.shop.head = tag.replace("sha384-…", core["integrity"])
    page = visit.open()
    flush(page)
    wait_until(lambda: visit.gateway.posts, seconds=30)
    visit.shop.head = tag.replace("sha384-…", f"sha384-{'A' * 64}")
    other = visit.open("/b", wait=False)
    assert other.evaluate("window.storepulse") is None
    (refusal,) = visit.noise  # of the browser
    assert "integrity" in refusal
    visit.noise.clear()


def test_the_policy_names_what_is_needed(visit: Visit) -> None:
    page = BUILT.parents[4] / "docs" / "tracker.md"
    policy = re.search(r"```\n(script-src .*?)\n```", page.read_text("utf-8"))
    assert policy is not None
    allowed = policy[1].replace(GATEWAY, visit.gateway.url).replace("nonce-…", "nonce-n1")
    visit.shop.headers = {"content-security-policy": allowed}
    visit.shop.head = visit.gateway.tag(heatmap=True).replace("<script", '<script nonce="n1"')
    tab = visit.open()
    flush(tab)
    visit.gateway.wait_for(1)
    wait_until(lambda: any("/heatmap." in r.path for r in visit.gateway.requests), seconds=30)
