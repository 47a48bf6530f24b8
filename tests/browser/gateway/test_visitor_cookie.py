"""The visitor's cookie in Chromium: set and sent by fetch and by sendBeacon, and out of reach of
scripts. Ports are no part of a site, so two servers on localhost are the shop and its gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.test_keys_and_limits import make
from tests.integration.gateway.wire import STORE, Topic, ingest_topic, post
from tests.support.browser import Site, chromium, page
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.local import ports

PATH = "/api/customer-activity/batch"


@pytest.fixture(scope="module")
def gateway(module_world: World) -> Iterator[Service]:
    settings = changed(module_world.settings, **OPEN, gateway_port=ports.free_port())
    with running("gateway", settings) as service:
        yield service


@pytest.fixture(scope="module")
def activity(gateway: Service) -> Iterator[Topic]:
    topic = ingest_topic(gateway.settings, "activity")
    yield topic
    topic.close()


@pytest.fixture
def shop() -> Iterator[Page]:
    with (
        Site(lambda request: page("<title>Shop</title>"), "localhost") as site,
        chromium() as browser,
    ):
        opened = browser.new_page()
        opened.goto(site.url)
        yield opened


def event(visitor: str) -> dict[str, Any]:
    return {
        "store_id": STORE, "session_id": "s-1", "activity_type": "page_view",
        "event_id": str(uuid4()), "visitor_id": visitor,
    }  # fmt: skip


def test_a_page_of_the_same_site(
    gateway: Service, module_world: World, activity: Topic, shop: Page
) -> None:
    origin = shop.evaluate("location.origin")
    key, _ = make(module_world, origins=[origin])
    port = gateway.settings.gateway_port
    body = {"events": [event("x")], "key": key}
    wait_until(lambda: post(port, PATH, body, Origin=origin).status == 202, "the key", seconds=20)
    url = f"http://localhost:{port}{PATH}"
    fetch = """async ([url, body]) => (await fetch(url, {
        method: "POST", body, credentials: "include", keepalive: true})).json()"""

    def sent(script: str, visitor: str) -> tuple[Any, str]:
        made = event(visitor)
        body = json.dumps({"events": [made], "key": key})
        return shop.evaluate(script, [url, body]), str(made["event_id"])

    first, other = str(uuid4()), str(uuid4())
    answer, event_id = sent(fetch, first)
    assert (answer["ids"], "visitorId" in answer) == ([event_id], False)
    (cookie,) = shop.context.cookies()
    assert (cookie["name"], cookie["value"], cookie["httpOnly"], cookie["sameSite"]) == (
        "sp_id", first, True, "Lax",
    )  # fmt: skip
    assert shop.evaluate("document.cookie") == ""
    answer, event_id = sent(fetch, other)
    assert answer["visitorId"] == first
    assert activity.event(event_id)[1]["visitor_id"] == first
    is_queued, event_id = sent("([url, body]) => navigator.sendBeacon(url, body)", other)
    assert is_queued
    assert activity.event(event_id)[1]["visitor_id"] == first
    shop.context.clear_cookies()
    is_queued, _ = sent("([url, body]) => navigator.sendBeacon(url, body)", other)
    assert is_queued
    wait_until(
        lambda: [one["value"] for one in shop.context.cookies()] == [other],
        "the cookie",
        seconds=20,
    )
