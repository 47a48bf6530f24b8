"""The visitor's cookie through a running gateway: what is stored, and what the page is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.integration.gateway.test_keys_and_limits import make, wait_for_status
from tests.integration.gateway.wire import (
    ACTIVITY,
    CARTS,
    CLICK,
    HEATMAP_BATCH,
    STORE,
    VIEW,
    Answer,
    Topic,
    get,
    ingest_topic,
    post,
)
from tests.support.services import Service
from tests.support.world import World

BATCH = f"{ACTIVITY}/batch"
SHOP = "https://shop.example"
PAGE = {"Origin": SHOP, "Sec_Fetch_Site": "same-site", "Content_Type": "text/plain"}
KNOWN, STATED = str(uuid4()), str(uuid4())


@pytest.fixture(scope="module")
def key(gateway: Service, module_world: World) -> str:
    """A publishable key for the shop's pages."""
    made, _ = make(module_world, origins=[SHOP])
    wait_for_status(gateway.settings.gateway_port, made, 202)
    return made


@pytest.fixture(scope="module")
def activity(gateway: Service) -> Iterator[Topic]:
    topic = ingest_topic(gateway.settings, "activity")
    yield topic
    topic.close()


def view(visitor: str | None = None, **more: object) -> dict[str, object]:
    stated = {} if visitor is None else {"visitor_id": visitor}
    return {**VIEW, "event_id": str(uuid4()), **stated, **more}


def send(port: int, key: str, *events: dict[str, object], **headers: str) -> Answer:
    return post(port, BATCH, {"events": list(events), "key": key}, **{**PAGE, **headers})


def stored(activity: Topic, answer: Answer) -> list[str | None]:
    return [activity.event(event_id)[1]["visitor_id"] for event_id in answer.json["ids"]]


def test_a_visit_from_the_first_page_to_the_next(port: int, key: str, activity: Topic) -> None:
    first = send(port, key, view(STATED))
    assert first.headers["set-cookie"] == (
        f"sp_id={STATED}; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax; Secure"
    )
    assert first.headers["access-control-allow-origin"] == SHOP
    assert first.headers["access-control-allow-credentials"] == "true"
    assert "visitorId" not in first.json
    again = send(port, key, view(STATED), Cookie=f"sp_id={STATED}")
    assert "set-cookie" not in again.headers
    # The script has lost its cookie, and made another id.
    lost = send(port, key, view(str(uuid4())), view(), Cookie=f"a=1; sp_id={STATED}")
    assert lost.json["visitorId"] == STATED
    assert lost.headers["set-cookie"] == first.headers["set-cookie"]
    assert stored(activity, first) + stored(activity, lost) == [STATED] * 3


def test_every_path_of_pages_takes_it(port: int, key: str) -> None:
    cookie = {**PAGE, "Cookie": f"sp_id={KNOWN}", "X_Api_Key": key}
    for path, body in (
        (ACTIVITY, view()),
        (HEATMAP_BATCH, {"events": [CLICK]}),
        ("/collect", {"stream": "activity", "events": [view()]}),
    ):
        assert post(port, path, body, **cookie).json["visitorId"] == KNOWN, path
    cart = post(port, CARTS, {"storeName": "shop"}, **cookie)
    assert (cart.status, set(cart.json["data"])) == (200, {"id", "createdAt"})
    assert f"sp_id={KNOWN}" in cart.headers["set-cookie"]


def test_denied_consent_ends_it(port: int, key: str, activity: Topic) -> None:
    denied = {"consent": {"analytics": "denied", "marketing": "denied"}}
    answer = send(port, key, view(STATED, **denied), view(**denied), Cookie=f"sp_id={KNOWN}")
    assert answer.headers["set-cookie"].startswith("sp_id=; Max-Age=0; Path=/; HttpOnly")
    assert stored(activity, answer) == [STATED, None]


def test_refused_requests_set_nothing(port: int, key: str) -> None:
    for answer in (
        send(port, key, {"bad": 1}),
        send(port, "spk_wrong", view(STATED)),
        send(port, key, view(STATED), Origin="https://evil.example"),
        send(port, key, view("\0")),
        post(port, BATCH, b"{", **PAGE, X_Api_Key=key),
    ):
        assert answer.status in (400, 401, 403)
        assert "set-cookie" not in answer.headers


def test_hostile_ids_and_cookies_get_no_header_and_no_500(port: int, key: str) -> None:
    for visitor in ("x\r\nSet-Cookie: evil=1", "a; Domain=example", "\U0001f600", 'a"b', "x" * 255):
        answer = send(port, key, view(visitor))
        assert (answer.status, answer.headers.get("set-cookie")) == (202, None)
    for cookie in (
        "sp_id=a; sp_id=b", "sp_id=" + "x" * 5_000, 'sp_id="x"', ";" * 500, "sp_id=\xff", "sp_id",
    ):  # fmt: skip
        answer = send(port, key, view(STATED), Cookie=cookie)
        assert answer.status == 202
        assert f"sp_id={STATED};" in answer.headers["set-cookie"]
        assert "visitorId" not in answer.json


def test_other_pages_and_keys_get_none(port: int, key: str, module_world: World) -> None:
    for_all, _ = make(module_world)
    wait_for_status(port, for_all, 202)
    for sent_key, headers in (
        (key, {"Sec_Fetch_Site": "cross-site"}),
        (key, {"Sec_Fetch_Site": "none"}),
        (for_all, {}),
    ):
        answer = send(port, sent_key, view(STATED), Cookie=f"sp_id={KNOWN}", **headers)
        assert answer.status == 202
        assert "set-cookie" not in answer.headers
        assert "visitorId" not in answer.json
    nobody = post(port, BATCH, {"events": [view(STATED)]}, **PAGE, Cookie=f"sp_id={KNOWN}")
    assert (nobody.status, "set-cookie" in nobody.headers) == (202, False)


def test_a_host_that_is_claimed_changes_nothing(port: int, key: str) -> None:
    answer = send(port, key, view(STATED), Host="evil.example", X_Forwarded_Host="evil.example")
    assert answer.status == 202
    assert "evil" not in str(answer.headers) + json.dumps(answer.json)
    assert "Domain" not in answer.headers["set-cookie"]


def test_what_pages_ask_about_tests_never_sets_it(port: int, key: str) -> None:
    path = f"/api/ab-testing/active/{STORE}?key={key}"
    answer = get(port, path, **PAGE, Cookie=f"sp_id={KNOWN}")
    assert answer.status in (200, 503)
    assert "set-cookie" not in answer.headers
