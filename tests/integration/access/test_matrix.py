"""Every route with every kind of key, directly and through the gateway, in both set-ups."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.integration.access.conftest import IN_ONE_WORKER, OTHER_STORE, SCOPES, STORE, Stage

from storepulse.access.rules.needs import ANY_KEY, SIGN_IN, Need
from storepulse.access.rules.routes import PASSED, QUERY, SESSION
from storepulse.adapters.settings import Settings
from storepulse.gateway.endpoints import COLLECTION, PASSING_GATEWAY
from storepulse.gateway.openapi import openapi as gateway_document
from storepulse.gateway.segment.calls import PATHS as SEGMENT_PATHS
from storepulse.gateway.tracker.files import TRACKER, TRACKER_FILE
from storepulse.query import access
from storepulse.query.app import Unguarded, application, check_routes
from storepulse.query.app import openapi as query_document

pytestmark = IN_ONE_WORKER

ID = "33333333-3333-4333-8333-333333333333"
NAMES = {
    "store_id": STORE, "event_id": ID, "dead_letter_id": ID, "destination": "nobody",
    "landing_page_id": "page-1", "campaign_id": "campaign-1", "subject": "none-value",
    "version": "1", "schema_id": "1", "stream": "landing", "key_id": ID, "guid": ID,
    "client_id": "-42", "customer": ID, "kind": "signing", "plan": "nobody",
    "meter": "sms", "period": "2026-10", "write_key": "spk_none",
    "test_id": ID, "page_type": "product", "slug": "red-shoe",
    "file": "core.js", "rest": "overview", "live_id": "1-1", "person": ID,
    "picture_id": ID, "run": ID,
}  # fmt: skip
#: What a path asks for besides; a store's key of another store is refused by these.
PARAMETERS = {
    "/api/page-configs": f"?store_id={STORE}",
    "/api/orders": f"?store_id={STORE}",
    "/api/orders/reconciliation": f"?store_id={STORE}",
    "/api/analytics/countries": f"?store_id={STORE}",
    "/api/analytics/funnel": f"?store_id={STORE}",
    "/api/analytics/pages": f"?store_id={STORE}",
    "/api/analytics/products": f"?store_id={STORE}",
    "/api/analytics/revenue": f"?store_id={STORE}",
    "/api/analytics/searches": f"?store_id={STORE}",
    "/api/analytics/sessions": f"?store_id={STORE}",
    "/api/analytics/pixels": f"?store_id={STORE}",
    "/api/analytics/overview": f"?store_id={STORE}&from=2026-03-01&to=2026-03-08",
    "/api/analytics/sources": f"?store_id={STORE}",
    "/api/analytics/stats": f"?store_id={STORE}",
    "/api/analytics/users": f"?store_id={STORE}",
    "/api/analytics/users/{client_id}/events": f"?store_id={STORE}",
    "/api/analytics/visitors": f"?store_id={STORE}",
    "/api/audit": f"?store_id={STORE}",
    "/api/custom-events": f"?store_id={STORE}",
    "/api/custom-events/days": f"?store_id={STORE}&name=wish",
    "/api/custom-events/properties": f"?store_id={STORE}&name=wish",
    "/api/web-vitals": f"?store_id={STORE}",
    "/api/web-vitals/pages": f"?store_id={STORE}&metric=LCP",
    "/api/customer-activity": f"?store_id={STORE}",
    "/api/keys": f"?store_id={STORE}",
    "/api/cart-tracking/analytics": f"?store_id={STORE}",
    "/api/cart-tracking/events": f"?store_id={STORE}",
    "/api/carts/sessions": f"?store_id={STORE}",
    "/api/delivery/destinations": f"?store_id={STORE}",
    "/api/delivery/events": f"?store_id={STORE}",
    "/api/delivery/stats": f"?store_id={STORE}",
    "/api/dead-letters": f"?store_id={STORE}",
    "/api/dead-letters/groups": f"?store_id={STORE}",
    "/api/heatmap/{store_id}": "?page=/",
    "/api/heatmap/{store_id}/pictures": "?page=/",
    "/api/usage/{store_id}/days": "?meter=event&from=2026-03-01&to=2026-03-08",
    "/api/landing-pages": f"?store_id={STORE}",
    "/api/landing-pages/stats": f"?store_id={STORE}",
    "/api/landing-pages/{landing_page_id}/stats": f"?store_id={STORE}",
    "/api/campaigns": f"?store_id={STORE}",
    "/api/campaigns/stats": f"?store_id={STORE}",
    "/api/campaigns/{campaign_id}/stats": f"?store_id={STORE}",
    "/api/streams/{stream}/events": f"?store_id={STORE}",
    "/customers": f"?store_id={STORE}",
    "/customers/meta": f"?store_id={STORE}",
    "/customers/{customer}": f"?store_id={STORE}",
}
CLICK = {
    "store_id": STORE, "session_id": "s-1", "type": "click", "page_url": "https://a.example/",
    "x": 1, "y": 1, "viewport_width": 100, "document_height": 100,
}  # fmt: skip
VIEW = {"store_id": STORE, "session_id": "s-1", "activity_type": "page_view"}
CART = {"storeName": "a"}
SAID = {"store_id": STORE, "event_type": "user_message", "client_id": 42}
DONE = {"store_id": STORE, "session_id": "s-1", "metric": "margin"}
LANDED = {"event_type": "PageView", "landing_page_id": "p", "session_id": "s-1"}
TOLD = {
    "type": "track", "event": "x", "userId": "u", "groupId": "g", "previousId": "p",
    "integrations": {"Storepulse": {"store_id": STORE}},
}  # fmt: skip
EXPERIMENT = {
    "name": "x", "metrics": [{"key": "m", "kind": "binary", "source": "purchase"}],
    "variants": [{"variant_id": "a", "weight": 5000}, {"variant_id": "b", "weight": 5000}],
}  # fmt: skip
BODIES: dict[tuple[str, str], Any] = {
    **{
        ("POST", path): {"batch": [TOLD]} if kind is None else TOLD
        for path, kind in SEGMENT_PATHS.items()
    },
    ("POST", "/api/cart-tracking/track"): CART,
    ("POST", "/api/cart-tracking/track-batch"): {"events": [CART]},
    ("POST", "/api/customer-activity"): VIEW,
    ("POST", "/api/customer-activity/batch"): {"events": [VIEW]},
    ("POST", "/api/heatmap/track"): CLICK,
    ("POST", "/api/heatmap/track-batch"): {"events": [CLICK]},
    ("POST", "/api/v1/landing-pages/events"): LANDED,
    ("POST", "/api/analytics/events"): SAID,
    ("POST", "/api/ab-testing/conversion/{test_id}"): DONE,
    ("POST", "/api/ab-testing/metric/{test_id}"): DONE,
    ("POST", "/api/ab-testing/events"): DONE | {"event_type": "Metric", "test_id": ID},
    ("POST", "/ingest"): {"event": "WEBAPP_OPEN", "campaign_id": "c", "tracking_id": "t"},
    ("POST", "/collect"): {"stream": "activity", "events": [VIEW]},
    ("POST", "/api/dead-letters/discard"): {"filter": {"store_id": STORE}, "why": "x"},
    ("POST", "/api/dead-letters/replay"): {"filter": {"store_id": STORE}, "dry_run": True},
    ("POST", "/api/dead-letters/reopen"): {"id": ID},
    ("POST", "/api/ab-testing/{store_id}"): EXPERIMENT,
    ("PUT", "/api/ab-testing/{store_id}/test/{test_id}"): EXPERIMENT,
    ("POST", "/api/ab-testing/{store_id}/test/{test_id}/complete"): {"winner": None},
    ("POST", "/api/ab-testing/{store_id}/test/{test_id}/preview"): {"variant_id": "a"},
    ("POST", "/api/destinations"): {
        "name": "x", "kind": "pigeon", "store_id": STORE, "config": {},
    },
    ("PATCH", "/api/destinations/{destination}"): {"store_id": STORE},
    ("POST", "/api/keys"): {"kind": "secret", "scopes": ["admin"], "store_id": STORE},
    ("POST", "/api/heatmap/{store_id}/overlay"): {"url": "https://a.example/"},
    ("PUT", "/api/heatmap/{store_id}/pictures"): {
        "page": "/", "device": "desktop", "width": 1440, "picture": "AAAA",
    },
    ("POST", "/api/heatmap-overlay"): {"token": "none", "page": "https://a.example/"},
    ("POST", "/api/stores"): {"domain": "matrix.example"},
    ("PUT", "/api/stores/{store_id}/plan"): {"plan": None},
    ("PUT", "/api/stores/{store_id}/secrets/{kind}"): {"generate": True},
}  # fmt: skip
#: Where another store's key is told that the store is not its own; elsewhere there is nothing.
BY_STORE = {
    ("GET", "/api/ab-testing/active/{store_id}"),
    *(("GET", path) for path in PARAMETERS),
    *(route for route in QUERY if route[1].startswith("/api/ab-testing/{store_id}")),
    ("GET", "/api/heatmap/{store_id}/pages"),
    ("POST", "/api/heatmap/{store_id}/overlay"),
    ("PUT", "/api/heatmap/{store_id}/pictures"),
    ("GET", "/api/heatmap/{store_id}/pictures/{picture_id}"),
    ("DELETE", "/api/heatmap/{store_id}/pictures/{picture_id}"),
    ("POST", "/api/dead-letters/discard"),
    ("POST", "/api/dead-letters/replay"),
    ("POST", "/api/destinations"),
    ("PATCH", "/api/destinations/{destination}"),
    ("POST", "/api/keys"),
    ("POST", "/api/stores"),
    ("GET", "/api/stores/{store_id}"),
    ("PATCH", "/api/stores/{store_id}"),
    ("GET", "/api/stores/{store_id}/plan"),
    ("GET", "/api/stores/{store_id}/secrets"),
    ("GET", "/api/usage/{store_id}"),
    ("GET", "/api/usage/{store_id}/limits"),
    ("GET", "/api/usage/{store_id}/statements"),
    ("GET", "/api/usage/{store_id}/statements/{period}"),
    ("PUT", "/api/stores/{store_id}/secrets/{kind}"),
    ("DELETE", "/api/stores/{store_id}/secrets/{kind}"),
    *((method, path) for method, path in COLLECTION if "heatmap" in path or "activity" in path),
    *((method, path) for method, path in COLLECTION if "ab-testing" in path),
    ("POST", "/api/analytics/events"),
    ("POST", "/collect"),
    *(("POST", path) for path in SEGMENT_PATHS),
}

#: Ends when its reader leaves, so nobody may read it to its end.
STREAM = ("GET", "/api/analytics/live")
#: Of every origin, whoever asks: shared caches keep them.
SCRIPTS = (TRACKER, TRACKER_FILE)

Route = tuple[str, str]
KINDS = ("none", "publishable", *SCOPES, "revoked", "unknown", "other store")


def target(route: Route) -> str:
    return route[1].format_map(NAMES) + (PARAMETERS.get(route[1], "") if route[0] == "GET" else "")


def body(route: Route) -> bytes:
    if route[0] not in ("POST", "PATCH", "PUT"):
        return b""
    return json.dumps(BODIES.get(route, {})).encode()


def documented() -> set[Route]:
    """Every route of both documents."""
    documents = (gateway_document(Settings()), query_document(Settings()))
    return {
        (method.upper(), path)
        for document in documents
        for path, methods in document["paths"].items()
        for method in methods
    }


def expected(route: Route, need: Need, kind: str, setup: str) -> str:
    """The status that a call gets, as the table of routes has it; "served" is any other."""
    if need.opened == "always":
        return "served"
    if need == SIGN_IN:
        return "served"  # it reads a key of its own body: an empty one is told as bad input
    if need.opened == "by token":
        return "401"  # whatever the key: none is a token
    if route[1].startswith("/webhooks/"):
        return "401"  # its sender signs; no key stands in a signature's place
    open_here = need.opened == "on loopback" and setup == "loopback"
    if not need.of_pages and open_here:
        return "served"  # a key is not looked at where none is wanted
    if kind == "none":
        return "served" if open_here else "401"
    if kind in ("revoked", "unknown"):
        return "401"
    if need.of_pages:
        if kind == "other store":
            return "403" if route in BY_STORE else "served"
        return "served" if kind in ("ingest", "publishable") else "403"
    if kind == "publishable":
        return "403"
    if kind == "other store":
        return "403" if need.every_store or route in BY_STORE else "served"
    return "served" if need.takes([kind]) else "403"


def judged(status: int) -> str:
    return str(status) if status in (401, 403) or status >= 500 else "served"


def headers(stage: Stage, kind: str) -> dict[str, str]:
    return {} if kind == "none" else {"Authorization": f"Bearer {stage.keys[kind]}"}


@pytest.mark.parametrize("setup", ["loopback", "required"])
@pytest.mark.parametrize("service", ["query", "gateway"])
def test_every_route_with_every_key(stage: Stage, setup: str, service: str) -> None:
    table = QUERY if service == "query" else PASSING_GATEWAY
    door = stage.doors[setup, service]
    wrong = []
    for route, need in table.items():
        for kind in KINDS:
            status, answered, _ = door.ask(
                route[0], target(route), headers(stage, kind), body(route)
            )
            wanted = expected(route, need, kind, setup)
            if judged(status) != wanted:
                wrong.append((route, kind, status, wanted))
            if "access-control-allow-origin" in answered and route[1] not in SCRIPTS:
                wrong.append((route, kind, "CORS without an Origin", ""))
    assert not wrong


#: Written by hand, not computed: (method, target, key, set-up) and the status of both services.
BY_HAND = [
    ("GET", f"/api/customer-activity?store_id={STORE}", "none", "loopback", 401),
    ("GET", f"/api/customer-activity?store_id={STORE}", "read", "loopback", 200),
    ("GET", f"/api/customer-activity?store_id={STORE}", "other store", "loopback", 403),
    ("GET", f"/api/customer-activity?store_id={OTHER_STORE}", "other store", "required", 200),
    ("GET", "/api/cart-tracking/events", "none", "loopback", 401),
    ("GET", "/api/cart-tracking/events", "publishable", "loopback", 403),
    ("GET", "/api/cart-tracking/events", "ops", "required", 403),
    ("GET", "/api/cart-tracking/events", "read", "required", 200),
    ("GET", "/api/dead-letters", "none", "loopback", 401),
    ("GET", "/api/dead-letters", "read", "loopback", 403),
    ("GET", "/api/dead-letters", "ops", "loopback", 200),
    ("GET", f"/api/dead-letters/{ID}", "none", "loopback", 401),
    ("GET", f"/api/dead-letters/{ID}", "other store", "loopback", 404),
    ("GET", "/api/destinations", "ops", "loopback", 403),
    ("GET", "/api/destinations", "admin", "required", 200),
    ("DELETE", "/api/destinations/nobody", "none", "loopback", 401),
    ("PUT", "/api/dead-letters", "none", "loopback", 401),
    ("PUT", "/api/dead-letters", "ops", "loopback", 405),
    ("GET", "/api/stores", "none", "loopback", 401),
    ("GET", "/api/stores", "read", "required", 403),
    ("GET", "/api/stores", "publishable", "required", 403),
    ("GET", "/api/stores", "other store", "required", 200),
    ("GET", f"/api/stores/{STORE}", "other store", "loopback", 403),
    ("GET", f"/api/stores/{ID}", "admin", "loopback", 404),
    ("GET", "/api/keys", "ops", "required", 403),
    ("GET", "/api/keys", "admin", "loopback", 200),
    ("DELETE", f"/api/keys/{ID}", "none", "loopback", 401),
    ("DELETE", f"/api/keys/{ID}", "admin", "loopback", 404),
    ("GET", "/api/audit", "read", "loopback", 403),
    ("GET", "/api/audit", "admin", "loopback", 200),
    ("GET", f"/api/stores/{STORE}/secrets", "none", "loopback", 401),
    ("GET", f"/api/stores/{STORE}/secrets", "ops", "required", 403),
    ("GET", f"/api/stores/{STORE}/secrets", "other store", "loopback", 403),
    ("GET", f"/api/stores/{ID}/secrets", "admin", "loopback", 404),
    ("DELETE", f"/api/stores/{STORE}/secrets/signing", "other store", "required", 403),
    ("DELETE", f"/api/stores/{ID}/secrets/signing", "admin", "required", 404),
    ("GET", "/api/me", "none", "loopback", 401),
    ("GET", "/api/me", "ingest", "loopback", 200),
    ("GET", "/api/me", "ops", "required", 200),
    ("GET", "/api/me", "publishable", "required", 403),
    ("GET", "/api/me", "revoked", "required", 401),
    ("GET", "/subjects", "none", "loopback", 200),
    ("GET", "/subjects", "none", "required", 401),
    ("GET", "/subjects", "ingest", "required", 200),
    ("GET", "/subjects", "publishable", "required", 403),
    ("GET", "/metrics", "none", "required", 401),
    ("GET", "/metrics", "read", "required", 200),
    ("GET", "/metrics", "admin", "required", 403),
    ("GET", "/metrics", "other store", "required", 403),
    ("GET", "/openapi.json", "none", "loopback", 200),
    ("GET", "/openapi.json", "none", "required", 401),
    ("GET", "/readyz", "none", "loopback", 200),
    ("GET", "/readyz", "none", "required", 401),
    ("GET", "/readyz", "revoked", "required", 401),
    ("GET", "/readyz", "admin", "required", 200),
    ("GET", "/healthz", "none", "required", 200),
    ("HEAD", "/api/dead-letters", "none", "loopback", 401),
    ("HEAD", "/api/dead-letters", "ops", "loopback", 200),
    ("OPTIONS", "/api/dead-letters", "none", "loopback", 204),
    ("GET", "/api/nothing", "none", "loopback", 404),
    ("GET", "/api/nothing", "admin", "loopback", 404),
]


@pytest.mark.parametrize(("method", "path", "kind", "setup", "status"), BY_HAND)
def test_by_hand(stage: Stage, method: str, path: str, kind: str, setup: str, status: int) -> None:
    for service in ("query", "gateway"):
        door = stage.doors[setup, service]
        answer = door.ask(method, path, headers(stage, kind))
        assert answer[0] == status, (service, answer)


#: Spellings that another program might read as the same path.
ODD = {
    "dot segment": lambda path: "/." + path,
    "double slash": lambda path: "/" + path,
    "encoded dot": lambda path: "/%2e" + path,
    "dot segments": lambda path: "/x/.." + path,
    "encoded twice": lambda path: "/%25" + f"{ord(path[1]):02x}" + path[2:],
    "encoded letter": lambda path: f"/%{ord(path[1]):02x}" + path[2:],
    "encoded slash": lambda path: path[0] + path[1:].replace("/", "%2f", 1),
    "trailing slash": lambda path: path + "/",
    "line end": lambda path: path + "%0a",
    "line end and dot": lambda path: "/%0a./" + path[1:],
    "upper case": lambda path: path.upper(),
}


@pytest.mark.parametrize("spelling", ODD)
def test_an_odd_spelling_is_no_way_around(stage: Stage, spelling: str) -> None:
    """Neither without a key nor with one: the path that is judged is the one that is served."""
    wrong = []
    for (setup, service), door in stage.doors.items():
        for route in {**PASSED, **SESSION}:
            path, _, query = target(route).partition("?")
            odd = ODD[spelling](path)
            if odd == path or (spelling == "encoded slash" and odd.count("%2f") == 0):
                continue
            for kind in ("none", "admin"):
                status, _, answered = door.ask(
                    route[0], f"{odd}?{query}", headers(stage, kind), body(route)
                )
                if not 400 <= status < 500:
                    wrong.append((setup, service, route, kind, status, answered[:80]))
    assert not wrong


def test_the_absolute_form_is_judged_alike(stage: Stage) -> None:
    wrong = []
    for (setup, service), door in stage.doors.items():
        for route, need in QUERY.items():
            absolute = f"http://127.0.0.1:{door.port}{target(route)}"
            status, _, _ = door.ask(route[0], absolute, {}, body(route))
            wanted = expected(route, need, "none", setup)
            if wanted == "401" and status not in (400, 401, 404, 405):
                wrong.append((setup, service, route, status))
            elsewhere = f"http://evil.example{target(route)}"
            status, _, _ = door.ask(route[0], elsewhere, {}, body(route))
            if need.opened != "always" and need != SIGN_IN and status not in (400, 401, 404, 405):
                wrong.append((setup, service, route, "elsewhere", status))
    assert not wrong


def test_every_documented_route_is_in_the_table() -> None:
    assert documented() <= {*PASSING_GATEWAY, *SESSION}


def test_a_route_that_is_left_out_of_the_table_stops_the_start() -> None:
    left_out = ("GET", "/api/customer-activity")
    with pytest.raises(Unguarded, match="is not in the table"):
        application(Settings(), {route: QUERY[route] for route in QUERY if route != left_out})


def test_any_route_that_is_left_out_of_the_table_is_missed() -> None:
    app = application(Settings())
    for left_out in QUERY:
        table = {route: need for route, need in QUERY.items() if route != left_out}
        with pytest.raises(Unguarded, match="is not in the table"):
            check_routes(app, table)


def test_a_route_that_the_table_opens_or_knows_otherwise_stops_the_start() -> None:
    activity = ("GET", "/api/customer-activity")
    with pytest.raises(Unguarded, match="without a key"):
        application(Settings(), {**QUERY, activity: ANY_KEY})
    with pytest.raises(Unguarded, match="requires admin"):
        application(Settings(), {**QUERY, activity: QUERY["GET", "/api/destinations"]})


async def keyless(app: Any) -> list[tuple[Route, int]]:
    """What a call from this machine without a key gets, where it must be 401 and is not."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1), raise_app_exceptions=False)
    wrong = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for route, need in QUERY.items():
            if route != STREAM and expected(route, need, "none", "loopback") == "401":
                answer = await client.request(route[0], target(route), content=body(route))
                if answer.status_code != 401:
                    wrong.append((route, answer.status_code))
    return wrong


async def test_a_guard_that_trusts_the_address_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not await keyless(application(Settings()))

    def trusting(need: Need, setting: bool | None, *, local: bool) -> bool:
        return not local

    monkeypatch.setattr(access, "wants_key", trusting)
    assert len(await keyless(application(Settings()))) > 20
