"""What visitors are told of tests, by a running gateway, and which exposures it stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from time import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from bench import stored_experiments as stored
from bench.stored_experiments import CONTROL, definition_of
from tests.integration.gateway import wire
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import Answer
from tests.support.experiment_changes import begin_phase, set_status
from tests.support.kafka_records import records_of
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.adapters.secret_box import SecretBox
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.experiments import assignment
from storepulse.domain.experiments.definition import (
    ExclusiveGroup,
    Page,
    Slot,
    SlotOverride,
    Targeting,
    Variant,
)
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.domain.experiments.previews import PURPOSE, Preview, preview_token
from storepulse.local import ports

STORE, OTHER_STORE = str(uuid4()), str(uuid4())
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
HOME = Page(
    "standard",
    (
        Slot("hero", "Hero", 0, props={"title": "Hello", "image": {"src": "/a.png", "alt": "A"}}),
        Slot("feed", "ProductFeed", 1, props={"aspect_ratio": "4:5"}),
    ),
)
BOLD = Variant(
    "bold",
    "Bold hero",
    5_000,
    slot_overrides={
        "hero": SlotOverride(props={"title": "Sale", "image": {"src": "/b.png"}}),
        "badges": SlotOverride(component="TrustBadges", position=1, props={"count": 3}),
    },
)


@pytest.fixture(scope="module")
def gateway(module_world: World) -> Iterator[Service]:
    settings = changed(
        module_world.settings,
        **OPEN,
        gateway_port=ports.free_port(),
        gateway_require_key=False,
        trusted_proxies="127.0.0.1/32",
        country_header="CF-IPCountry",
    )
    with running("gateway", settings) as service:
        yield service


@pytest.fixture(scope="module")
def port(gateway: Service, module_world: World) -> int:
    """The gateway's port, once its first exposure is stored: a producer's first record waits for
    what the broker says of the topic, longer than an answer does."""
    at, test = gateway.settings.gateway_port, add(module_world)
    wait_until(
        lambda: variant(at, test, f"visitor_id={unit_in(test, 1)}")["exposed"], "the first exposure"
    )
    return at


def add(world: World, *variants: Variant, store: str = STORE, **settings: Any) -> str:
    """A test that the gateway knows soon."""
    status = {
        name: settings.pop(name)
        for name in ("status", "winner", "priority", "phase")
        if name in settings
    }
    with closing(world.connect()) as connection:
        return stored.add_test(connection, store, definition_of(*variants, **settings), **status)


def get(port: int, path: str, *, method: str = "GET", **headers: str) -> Answer:
    return wire.get(port, path, method, **({"User_Agent": CHROME} | headers))


def variant(port: int, test: str, query: str, **headers: str) -> dict[str, Any]:
    """The answer about a test, as soon as the gateway knows it."""
    path = f"/api/ab-testing/variant/{test}?{query}"
    unknown = (404, 503)  # 503: the gateway has read no test at all yet.
    wait_until(lambda: get(port, path, method="HEAD").status not in unknown, "the test")
    answer = get(port, path, **headers)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    assert found["status"] == "success"
    data: dict[str, Any] = found["data"]
    return data


def unit_in(test: str, index: int, variants: int = 2) -> str:
    """A visitor who gets a variant of phase 1."""
    bounds = assignment.bounds_of([10_000 // variants] * variants)
    return next(
        visitor
        for visitor in (f"visitor-{number}" for number in range(1_000))
        if assignment.variant_index(test, 1, bounds, f"v:{visitor}") == index
    )


def exposures(world: World, test: str) -> list[dict[str, Any]]:
    topic = load_catalog(world.settings.topic_prefix).ingest("experiment")
    decode = schema_of("experiment").decode
    found: list[Any] = [
        decode(message.value()[HEADER_BYTES:], ids_as_text=True)
        for message in records_of(world.settings, topic)
    ]
    return [record for record in found if record["test_id"] == test]


def test_a_visitor_gets_his_variant_and_is_exposed_once(port: int, module_world: World) -> None:
    test = add(module_world)
    visitor = unit_in(test, 1)
    data = variant(port, test, f"visitor_id={visitor}&session_id=s-1")
    assert data == {
        "test_id": test, "phase": 1, "variant_id": "blue", "variant_name": "Blue button",
        "is_control": False, "assigned": True, "reason": None, "exposed": True,
        "payload": {"colour": "blue"}, "slot_overrides": {}, "page_template": None,
        "slot_configuration": None,
    }  # fmt: skip
    assert variant(port, test, f"visitor_id={visitor}&session_id=s-1") == data
    assert variant(port, test, f"visitor_id={visitor}&session_id=s-2") == data
    # The other session tells whose it is, by a copy of the same event.
    told, again = exposures(module_world, test)
    assert (again["session_id"], again["event_id"]) == ("s-2", told["event_id"])
    assert told["event_id"] == exposure_id(STORE, test, 1, f"v:{visitor}", "blue")
    assert (told["event_type"], told["phase"], told["variant_id"]) == ("Exposure", 1, "blue")
    assert (told["store_id"], told["visitor_id"], told["session_id"]) == (STORE, visitor, "s-1")


@pytest.mark.parametrize(
    ("query", "headers", "reason"),
    [
        ("expose=false", {}, None),
        ("", {"User_Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, "bot"),
    ],
)
def test_who_is_not_to_be_exposed_is_not(
    port: int, module_world: World, query: str, headers: dict[str, str], reason: str | None
) -> None:
    test = add(module_world)
    visitor = unit_in(test, 1)
    data = variant(port, test, f"visitor_id={visitor}&{query}", **headers)
    assert (data["exposed"], data["assigned"], data["reason"]) == (False, not reason, reason)
    assert data["variant_id"] == ("control" if reason else "blue")
    path = f"/api/ab-testing/variant/{test}?visitor_id={visitor}"
    assert get(port, path, method="HEAD").body == b""
    assert exposures(module_world, test) == []


def test_the_session_is_the_unit_where_there_is_no_visitor(port: int, module_world: World) -> None:
    test = add(module_world)
    data = variant(port, test, "session_id=s-9")
    bounds = assignment.bounds_of([5_000, 5_000])
    index = assignment.variant_index(test, 1, bounds, "s:s-9")
    assert data["variant_id"] == ("control", "blue")[index]
    (told,) = exposures(module_world, test)
    assert (told["visitor_id"], told["session_id"]) == (None, "s-9")


def test_pausing_and_completing_are_in_force_within_a_second(
    port: int, module_world: World
) -> None:
    test = add(module_world)
    query = f"visitor_id={unit_in(test, 1)}"
    assert variant(port, test, query)["assigned"]
    with closing(module_world.connect()) as connection:
        for status, winner, told in (
            ("paused", None, ("control", "paused")),
            ("running", None, ("blue", None)),
            ("completed", "blue", ("blue", "completed")),
        ):
            set_status(connection, test, status, winner)
            wait_until(
                lambda told=told: _told(variant(port, test, query)) == told, status, seconds=1
            )
        set_status(connection, test, "archived")
    path = f"/api/ab-testing/variant/{test}?{query}"
    wait_until(lambda: get(port, path).status == 404, "archived", seconds=1)


def _told(data: dict[str, Any]) -> tuple[str, str | None]:
    assert data["assigned"] is (data["reason"] is None)
    return data["variant_id"], data["reason"]


def test_a_new_phase_draws_anew(port: int, module_world: World) -> None:
    test = add(module_world)
    assert variant(port, test, "visitor_id=a&expose=false")["phase"] == 1
    with closing(module_world.connect()) as connection:
        only = definition_of(
            Variant("control", "As it is", 0, is_control=True), Variant("red", "Red", 10_000)
        )
        begin_phase(connection, STORE, test, 2, only)
    wait_until(
        lambda: variant(port, test, "visitor_id=a&expose=false")["phase"] == 2, "phase", seconds=1
    )
    assert variant(port, test, "visitor_id=a")["variant_id"] == "red"
    assert [told["phase"] for told in exposures(module_world, test)] == [2]


TARGETED = [
    (Targeting(page_types=("product",)), "page_type=product", "page_type=home", {}),
    (Targeting(slugs=("mug",)), "slug=mug", "", {}),
    (Targeting(devices=("mobile",)), "device=mobile", "device=desktop", {}),
    (Targeting(devices=("desktop",)), "", "", {"Sec_CH_UA_Mobile": "?1"}),
    (Targeting(visitors="new"), "visitor=new", "visitor=returning", {}),
    (Targeting(visitors="returning"), "visitor=returning", "", {}),
    (
        Targeting(utm={"source": ("mail", "sms")}),
        "utm_source=sms&utm_medium=x",
        "utm_source=x",
        {},
    ),
    (Targeting(countries=("DE",)), "", "", {"CF_IPCountry": "FR"}),
]


@pytest.mark.parametrize(("targeting", "good", "bad", "bad_headers"), TARGETED)
def test_a_test_is_for_whom_it_names(
    port: int,
    module_world: World,
    targeting: Targeting,
    good: str,
    bad: str,
    bad_headers: dict[str, str],
) -> None:
    test = add(module_world, targeting=targeting)
    query = f"visitor_id={unit_in(test, 1)}&expose=false"
    data = variant(port, test, f"{query}&{good}", CF_IPCountry="DE")
    assert (data["variant_id"], data["reason"]) == ("blue", None)
    data = variant(port, test, f"{query}&{bad}", **bad_headers)
    assert (data["variant_id"], data["reason"]) == ("control", "not_targeted")


def test_shares_and_groups_leave_others_out(port: int, module_world: World) -> None:
    test = add(module_world, traffic=1)
    visitor = next(f"v{n}" for n in range(100) if not assignment.is_included(test, 1, f"v:v{n}"))
    assert variant(port, test, f"visitor_id={visitor}")["reason"] == "not_in_traffic"
    one = add(module_world, group=ExclusiveGroup("g", 0, 5_000))
    other = add(module_world, group=ExclusiveGroup("g", 5_000, 10_000))
    for number in range(20):
        reasons = {
            variant(port, test, f"visitor_id=v{number}&expose=false")["reason"]
            for test in (one, other)
        }
        assert reasons == {None, "other_group"}


BAD = [
    ("/api/ab-testing/variant/{test}", "visitor_id is needed, or session_id"),
    ("/api/ab-testing/variant/{test}?visitor_id=&session_id=", "visitor_id is needed"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&visitorId=a", "visitorId is not known here"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&visitor_id=b", "visitor_id is given twice"),
    ("/api/ab-testing/variant/{test}?visitor_id=%ff", "visitor_id is not valid UTF-8"),
    ("/api/ab-testing/variant/{test}?visitor_id=a%00", "visitor_id holds a NUL"),
    ("/api/ab-testing/variant/{test}?visitor_id=a%0A", "visitor_id holds a character"),
    ("/api/ab-testing/variant/{test}?visitor_id=" + "a" * 256, "visitor_id is longer than 255"),
    ("/api/ab-testing/variant/{test}?session_id=a%20b", "session_id may hold"),
    ("/api/ab-testing/variant/{test}?session_id=" + "a" * 129, "session_id may hold"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&expose=no", "expose is neither"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&device=tv", "device is not one of"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&visitor=old", "visitor is not one of"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&page_type=A%20b", "page_type is not a page type"),
    ("/api/ab-testing/variant/{test}?visitor_id=a&" + "utm_a=&" * 30, "more than 24 parameters"),
    ("/api/ab-testing/variant/nothing?visitor_id=a", "testId is not a UUID"),
    ("/api/ab-testing/active/nothing", "storeId is not a UUID"),
    ("/api/ab-testing/active/{store}?pageType=%3Cscript%3E", "pageType is not a page type"),
    ("/api/page-config/Home/index?store_id={store}", "page_type is not a page type"),
    ("/api/page-config/home/" + "a" * 256 + "?store_id={store}", "slug is longer"),
    ("/api/page-config/home/index", "store_id is needed"),
    ("/api/page-config/home/index?store_id=x", "store_id is not a UUID"),
]


@pytest.mark.parametrize(("path", "message"), BAD)
def test_bad_input_is_named(port: int, path: str, message: str) -> None:
    answer = get(port, path.format(test=uuid4(), store=STORE))
    assert answer.status == 400, answer.body
    assert message in answer.json["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/ab-testing/variant/{}?visitor_id=a",
        "/api/page-config/home/nothing?store_id={}&visitor_id=a",
        "/api/ab-testing/variant/%2e%2e?visitor_id=a",
        "/api/ab-testing/variant/?visitor_id=a",
    ],
)
def test_what_is_not_there_is_not_found(port: int, path: str) -> None:
    assert get(port, path.format(uuid4())).status == 404


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_drafts_and_archived_tests_are_not_there(
    port: int, module_world: World, status: str
) -> None:
    test, known = add(module_world, status=status), add(module_world)
    assert variant(port, known, "visitor_id=a&expose=false")
    assert get(port, f"/api/ab-testing/variant/{test}?visitor_id=a").status == 404


def test_the_tests_of_a_store_are_listed_with_all_that_draws_a_variant(
    port: int, module_world: World
) -> None:
    store = str(uuid4())
    here = add(module_world, store=store, targeting=Targeting(page_types=("home",)))
    there = add(module_world, CONTROL, BOLD, store=store)
    add(module_world, store=store, status="paused")
    done = add(module_world, store=store, status="completed", winner="blue")

    def listed(query: str = "") -> dict[str, Any]:
        answer = get(port, f"/api/ab-testing/active/{store}{query}")
        assert answer.status == 200
        data: dict[str, Any] = answer.json["data"]
        return data

    def ids(data: dict[str, Any]) -> set[str]:
        return {test["test_id"] for test in data["tests"]}

    wait_until(lambda: len(listed()["winners"]) == 1, "the tests", seconds=5)
    data = listed()
    assert ids(data) == {here, there} == ids(listed("?pageType=home"))
    assert ids(listed("?pageType=cart")) == ids(listed("?pageType=zz")) == {there}
    (winner,) = data["winners"]
    assert (winner["test_id"], winner["variant_id"], winner["assigned"]) == (done, "blue", False)
    (test,) = (test for test in data["tests"] if test["test_id"] == there)
    assert (test["phase"], test["traffic"], test["group"]) == (1, 10_000, None)
    assert [variant["weight"] for variant in test["variants"]] == [5_000, 5_000]
    assert test["variants"][1]["slot_overrides"]["hero"]["props"]["title"] == "Sale"
    assert set(test) == {
        "test_id", "name", "phase", "priority", "traffic", "group", "targeting", "variants",
    }  # fmt: skip
    assert listed_of_nobody(port) == {"tests": [], "winners": []}


def listed_of_nobody(port: int) -> dict[str, Any]:
    nobody = str(uuid4())
    data: dict[str, Any] = get(port, f"/api/ab-testing/active/{nobody}").json["data"]
    assert data.pop("store_id") == nobody
    return data


def test_a_page_has_the_visitors_variants_and_exposes_him(port: int, module_world: World) -> None:
    store = str(uuid4())
    with closing(module_world.connect()) as connection:
        stored.set_page(connection, store, "home", "index", HOME)
    touching = add(module_world, CONTROL, BOLD, store=store)
    elsewhere = add(module_world, store=store)  # it says nothing of pages
    visitor = unit_in(touching, 1)
    path = f"/api/page-config/home/index?store_id={store}&visitor_id={visitor}"

    def page(query: str = "") -> dict[str, Any]:
        answer = get(port, path + query)
        return answer.json["data"] if answer.status == 200 else {"tests": []}

    wait_until(lambda: page("&expose=false")["tests"] != [], "the page", seconds=5)
    data = page()
    assert [slot["slot_id"] for slot in data["slots"]] == ["hero", "feed", "badges"]
    assert data["slots"][0]["props"] == {
        "title": "Sale", "image": {"src": "/b.png", "alt": "A"},
    }  # fmt: skip
    feed = data["slots"][1]["props"]
    assert (feed["image_width"], feed["image_height"]) == (300, 375)
    assert data["slots"][2] == {
        "slot_id": "badges", "component": "TrustBadges", "position": 1, "enabled": True,
        "props": {"count": 3},
    }  # fmt: skip
    assert (data["template"], data["version"]) == ("standard", 1)
    (told,) = data["tests"]
    assert (told["test_id"], told["variant_id"], told["exposed"]) == (touching, "bold", True)
    assert len(exposures(module_world, touching)) == 1
    assert exposures(module_world, elsewhere) == []
    nobody = get(port, f"/api/page-config/home/index?store_id={store}").json["data"]
    assert (nobody["tests"], nobody["slots"][0]["props"]["title"]) == ([], "Hello")
    with closing(module_world.connect()) as connection:
        stored.set_page(connection, store, "home", "index", Page("slim"))
    wait_until(lambda: page()["template"] == "slim", "the page", seconds=1)


def test_pages_of_a_type_may_share_one_configuration(port: int, module_world: World) -> None:
    store = str(uuid4())
    with closing(module_world.connect()) as connection:
        stored.set_page(connection, store, "product", "*", Page("every"))
        stored.set_page(connection, store, "product", "mug", Page("own"))

    def template(slug: str) -> str | None:
        answer = get(port, f"/api/page-config/product/{slug}?store_id={store}")
        return answer.json["data"]["template"] if answer.status == 200 else None

    wait_until(lambda: template("mug") == "own", "the pages", seconds=5)
    assert template("cup") == template("caf%C3%A9") == "every"
    assert get(port, f"/api/page-config/cart/cup?store_id={store}").status == 404


def test_a_preview_shows_a_draft_and_counts_nobody(port: int, module_world: World) -> None:
    store = str(uuid4())
    with closing(module_world.connect()) as connection:
        stored.set_page(connection, store, "home", "index", HOME)
    draft = add(module_world, CONTROL, BOLD, store=store, status="draft", phase=0)
    keys = SecretBox.of(module_world.settings).signing_keys(PURPOSE)

    def token(variant_id: str = "bold", *, seconds: int = 60, test: str = draft) -> str:
        until = int(time()) + seconds
        return preview_token(Preview(UUID(store), UUID(test), variant_id, until), keys[0])

    path = f"/api/ab-testing/variant/{draft}?preview="
    wait_until(lambda: get(port, path + token()).status == 200, "the draft", seconds=5)
    data = get(port, path + token()).json["data"]
    assert (data["variant_id"], data["reason"], data["exposed"]) == ("bold", "preview", False)
    page = get(port, f"/api/page-config/home/index?store_id={store}&preview={token()}").json["data"]
    assert page["slots"][0]["props"]["title"] == "Sale"
    assert [told["reason"] for told in page["tests"]] == ["preview"]
    assert get(port, f"/api/ab-testing/variant/{draft}?visitor_id=a").status == 404
    assert get(port, f"/api/ab-testing/active/{store}").json["data"]["tests"] == []
    assert exposures(module_world, draft) == []
    other = str(uuid4())
    for bad, status in (
        (path + token(seconds=-1), 400),
        (path + token()[:-2], 400),
        (path + "x" * 2_000, 400),
        (path + token("gone"), 400),
        (path + token(test=other), 404),
        (f"/api/page-config/home/index?store_id={STORE}&preview={token()}", 404),
    ):
        assert get(port, bad).status == status, bad


def test_a_conversion_without_a_store_is_of_its_tests_store(port: int, module_world: World) -> None:
    test = add(module_world)
    assert variant(port, test, "visitor_id=a&expose=false")
    told = {"visitor_id": "a", "value": "12.50", "currency": "EUR"}
    answer = wire.post(port, f"/api/ab-testing/conversion/{test}", told)
    assert answer.status == 202, answer.body
    assert [one["store_id"] for one in exposures(module_world, test)] == [STORE]
    unknown = wire.post(port, f"/api/ab-testing/conversion/{uuid4()}", told)
    assert (unknown.status, unknown.json["details"]["field"]) == (400, "store_id")


def test_answers_bear_a_tag_and_are_not_sent_twice(port: int, module_world: World) -> None:
    test = add(module_world)
    assert variant(port, test, "visitor_id=a")
    paths = (
        f"/api/ab-testing/variant/{test}?visitor_id=a",
        f"/api/ab-testing/active/{STORE}",
    )
    for path in paths:
        first = get(port, path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        again = get(port, path, If_None_Match=f'"other", {tag}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in again.headers
        assert get(port, path, If_None_Match='"other"').status == 200
        head = get(port, path, method="HEAD")
        assert (head.status, head.headers["etag"]) == (
            200,
            tag if "active" in path else head.headers["etag"],
        )


def test_pages_of_shops_may_ask(port: int, module_world: World) -> None:
    test = add(module_world)
    assert variant(port, test, "visitor_id=a")
    path = f"/api/ab-testing/variant/{test}?visitor_id=a"
    answer = get(port, path, Origin="https://shop.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    asked = {"Origin": "https://shop.example", "Access_Control_Request_Method": "GET"}
    preflight = get(port, path, method="OPTIONS", **asked)
    assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "GET")
    refused = get(port, f"/api/ab-testing/variant/{test}", Origin="https://shop.example")
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (400, "*")


def test_the_visitors_cookie_names_who_states_nobody(port: int, module_world: World) -> None:
    test, key = add(module_world), new_key("publishable")
    shop = "https://shop.example"
    with closing(module_world.connect()) as connection:
        store_key(connection, key, kind="publishable", scopes=["ingest"], origins=[shop])
    page = {"Origin": shop, "Sec_Fetch_Site": "same-site", "X_Api_Key": key}
    path = f"/api/ab-testing/variant/{test}?expose=false"
    stated = f"{path}&visitor_id=x"
    wait_until(lambda: get(port, stated, **page).status == 200, "key and test", seconds=10)
    units = [unit_in(test, index) for index in (0, 1)]
    by_cookie = [get(port, path, **page, Cookie=f"sp_id={unit}").json["data"] for unit in units]
    assert by_cookie == [
        get(port, f"{path}&visitor_id={unit}", **page).json["data"] for unit in units
    ]
    assert by_cookie[0] != by_cookie[1]
    both = get(port, f"{path}&visitor_id={units[1]}", **page, Cookie=f"sp_id={units[0]}")
    assert both.json["data"] == by_cookie[1]
    for odd in (
        {"Cookie": "sp_id=a b"}, {"Cookie": f"sp_id={units[0]}", "Sec_Fetch_Site": "cross-site"},
        {"X_Storepulse_Visitor": units[0]},
    ):  # fmt: skip
        assert get(port, path, **{**page, **odd}).status == 400
    exposed = get(port, path.partition("?")[0], **page, Cookie=f"sp_id={units[0]}")
    assert exposed.json["data"]["exposed"]
    assert [record["visitor_id"] for record in exposures(module_world, test)] == [units[0]]


def test_keys_are_for_their_store_and_addresses_are_limited(module_world: World) -> None:
    test, others = add(module_world), add(module_world, store=OTHER_STORE)
    with closing(module_world.connect()) as connection:
        key = new_key("publishable")
        store_key(connection, key, kind="publishable", scopes=["ingest"], store_id=UUID(STORE))
        stored.set_page(connection, STORE, "home", "keyed", HOME)
    settings = changed(
        module_world.settings, gateway_port=ports.free_port(), gateway_require_key=True,
        limit_reads_per_minute=20,
    )  # fmt: skip
    with running("gateway", settings):
        port = settings.gateway_port
        path = f"/api/ab-testing/variant/{test}?visitor_id=a"
        assert get(port, path).status == 401
        wait_until(lambda: get(port, f"{path}&key={key}").status == 200, "the key", seconds=3)
        assert get(port, path, X_Api_Key=key).status == 200
        statuses = {
            f"/api/ab-testing/variant/{others}?visitor_id=a": 403,
            f"/api/ab-testing/active/{OTHER_STORE}": 403,
            f"/api/page-config/home/keyed?store_id={OTHER_STORE}": 403,
            "/api/page-config/home/keyed": 200,
        }
        for asked, status in statuses.items():
            assert get(port, asked, X_Api_Key=key).status == status, asked
        answers = [get(port, path, X_Api_Key=key) for _ in range(20)]
        assert answers[-1].status == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert json.loads(answers[-1].body)["code"] == "RATE_LIMITED"
        # Others behind the address are served, up to ten times as many.
        path = f"/api/ab-testing/variant/{test}?expose=false&visitor_id="
        others_there = [get(port, f"{path}{n}", X_Api_Key=key).status for n in range(200)]
        assert others_there[:100] == [200] * 100
        assert others_there[-1] == 429
