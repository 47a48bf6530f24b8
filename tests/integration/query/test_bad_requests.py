"""What bad requests get, and what every answer carries."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.integration.query.conftest import Reads

STORE = "11111111-1111-4111-8111-111111111111"
ACTIVITY = f"/api/customer-activity?store_id={STORE}"
#: What lists of this store name their cursors by.
LISTED, BEGUN = f"activity {STORE}", f"sessions {STORE}"


def forged(*parts: Any) -> str:
    text = json.dumps(parts).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


ODD_NUMBERS = ("1_0", "1.0", "%201", "1%20", "+1", "1e1", "0x1", "01", "", "%D9%A1", "true")


def encoded(document: bytes) -> str:
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "field", "reason"),
    [
        ("/api/customer-activity", "store_id", "is required"),
        *((f"{ACTIVITY}&limit={odd}", "limit", "is wrong") for odd in ODD_NUMBERS),
        ("/api/customer-activity?store_id=x", "store_id", "is not a UUID"),
        (f"{ACTIVITY}&limit=0", "limit", "is below 1"),
        (f"{ACTIVITY}&limit=501", "limit", "is above 500"),
        (f"{ACTIVITY}&limit=ten", "limit", "is wrong"),
        (f"{ACTIVITY}&limit={'9' * 5000}", "limit", "is"),
        (f"{ACTIVITY}&from=yesterday", "from", "must be a date"),
        (f"{ACTIVITY}&from=1772366400", "from", "must be a date"),
        (f"{ACTIVITY}&from=2026-02-30", "from", "is not a valid date"),
        (f"{ACTIVITY}&from=0001-01-01T00:00:00%2B14:00", "from", "is not a valid date"),
        (f"{ACTIVITY}&from=2026-03-02&to=2026-03-01", "to", "is not after from"),
        (f"{ACTIVITY}&from=2026-03-01&to=2026-03-01", "to", "is not after from"),
        (f"{ACTIVITY}&type=dance", "type", "is wrong"),
        (f"{ACTIVITY}&session_id=", "session_id", "is wrong"),
        (f"{ACTIVITY}&session_id=%00", "session_id", "holds a NUL"),
        (f"{ACTIVITY}&sesion_id=a", "sesion_id", "is not a parameter"),
        (f"{ACTIVITY}&include_bots=maybe", "include_bots", "is wrong"),
        (f"{ACTIVITY}&cursor=%C3%A4", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor=abc", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged('carts', 1, STORE, STORE)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(BEGUN, 1, STORE)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(LISTED, '1', STORE)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(LISTED, 10**30, STORE)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(LISTED, True, STORE)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(LISTED, 1, 'x')}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={forged(LISTED)}", "cursor", "is not a cursor"),
        (f"{ACTIVITY}&cursor={'a' * 1025}", "cursor", "is wrong"),
        (f"/api/analytics/sessions?store_id={STORE}&cursor={forged(BEGUN, 1, chr(0))}",
         "cursor", "is not a cursor"),
        (f"{ACTIVITY}&limit=5&limit=5", "limit", "was given twice"),
        (f"{ACTIVITY}&store_id={STORE}", "store_id", "was given twice"),
        (f"{ACTIVITY}&limit=1e2", "limit", "is wrong"),
        (f"{ACTIVITY}&limit=-1", "limit", "is below 1"),
        (f"{ACTIVITY}&from=0000-01-01", "from", "is not a valid date"),
        (f"{ACTIVITY}&from=99999-01-01", "from", "must be a date"),
        (f"{ACTIVITY}&to=9999-12-31T23:59:59-14:00", "to", "is not a valid date"),
        (f"{ACTIVITY}&from=2026-01-01T00:00:00%2B99:99", "from", "is not a valid date"),
        (f"{ACTIVITY}&from=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "from", "is not a valid date"),
        (f"{ACTIVITY}&session_id=%ED%A0%80", "query", "is not valid UTF-8"),
        (f"{ACTIVITY}&session_id=%ff", "query", "is not valid UTF-8"),
        (f"{ACTIVITY}&%C0%AF=1", "query", "is not valid UTF-8"),
        (f"{ACTIVITY}&session_id={'a' * 2049}", "session_id", "is wrong"),
        (f"{ACTIVITY}&__proto__=1", "__proto__", "is not a parameter"),
        (f"{ACTIVITY}&session_id[]=1", "session_id[]", "is not a parameter"),
        (f"/api/dead-letters/{STORE}?raw=maybe", "raw", "is wrong"),
        (f"/api/dead-letters/{STORE}?row=true", "row", "is not a parameter"),
        (f"/api/delivery/events/{STORE}?limit=1", "limit", "is not a parameter"),
        (f"/api/cart-tracking/events?storeId={STORE}&store_id={STORE}",
         "storeId", "was given twice"),
        ("/api/cart-tracking/events?session_id=a&sessionId=b", "sessionId", "was given twice"),
        ("/api/cart-tracking/events?storeId=x", "storeId", "is not a UUID"),
        ("/api/cart-tracking/events?store_id=x", "storeId", "is not a UUID"),
        ("/api/cart-tracking/events?storeName=%20", "storeName", "Field is required"),
        ("/api/cart-tracking/analytics?interval=week", "interval", "is wrong"),
        (f"/api/heatmap/{STORE}", "page", "Field is required"),
        ("/api/heatmap/x?page=/", "store_id", "is not a UUID"),
        (f"/api/heatmap/{STORE}?page=/&kind=tap", "kind", "is wrong"),
        (f"/api/heatmap/{STORE}?page=http://[/", "page", "is not a path or URL"),
        (f"/api/heatmap/{STORE}?page=javascript:alert(1)", "page", "is not a path or URL"),
        (f"/api/heatmap/{STORE}?page=products", "page", "is not a path or URL"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(reads: Reads, path: str, field: str, reason: str) -> None:
    answer = reads.get(path)
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["status"] == "error"
    assert body["error"] == "Validation Error"
    assert body["details"]["field"] == field
    assert body["details"]["reason"].startswith(reason)
    assert field in body["message"]


LISTS = {
    "activity": ("/api/customer-activity", [STORE]),
    "sessions": ("/api/analytics/sessions", ["s"]),
    "carts": ("/api/cart-tracking/events", [STORE] * 2),
    "dead-letters": ("/api/dead-letters", [STORE]),
    "deliveries -received_at": ("/api/delivery/events", [*[STORE] * 3, "activity"]),
}  # fmt: skip


def forgeries(name: str, ids: list[str]) -> list[str]:
    """Cursors of a list that it never gave."""
    good = ",".join(f'"{part}"' for part in ids)
    head = f'["{name}",1,'
    texts = [
        f'["{name}",{"9" * 600},{good}]',
        f'["{name}",-{"9" * 600},{good}]',
        f'["{name}",{2**63},{good}]',
        f'["{name}",1e400,{good}]',
        f'["{name}",1.0,{good}]',
        f'["{name}",NaN,{good}]',
        f'["{name}",null,{good}]',
        f'[["{name}"],1,{good}]',
        f'{{"0":"{name}"}}',
        f'{head}{good},"more"]',
        head + ",".join([r'"\ud800"'] * len(ids)) + "]",
        head + ",".join([r'"\udc00\ud800"'] * len(ids)) + "]",
        head + ",".join([r'"\u0000"'] * len(ids)) + "]",
        head + ",".join(["[" * 100 + "]" * 100] * len(ids)) + "]",
        head + ",".join(["{}"] * len(ids)) + "]",
        head + ",".join(["null"] * len(ids)) + "]",
        "[" * 750,
        "[" * 300 + "]" * 300,
        "1",
        '"' + name + '"',
    ]
    bodies = [text.encode() for text in texts]
    half = ",".join(['"\udfff"'] * len(ids))
    bodies += [(head + half + "]").encode("utf-8", "surrogatepass")]
    bodies += [f"{head}{good}]".encode("utf-16"), b"\xef\xbb\xbf" + f"{head}{good}]".encode()]
    return [encoded(body) for body in bodies]


@pytest.mark.parametrize("name", LISTS)
def test_a_forged_cursor_is_refused(reads: Reads, name: str) -> None:
    path, ids = LISTS[name]
    store = {"store_id": STORE} if name in ("activity", "sessions") else {}
    name += f" {STORE}" if store else ""
    good = encoded(json.dumps([name, 1, *ids]).encode())
    assert reads.get(path, cursor=good, **store).status_code == 200
    with httpx.Client(base_url=reads.url, headers=reads.world.headers) as client:
        for cursor in forgeries(name, ids):
            answer = client.get(path, params={**store, "cursor": cursor})
            assert answer.status_code == 400, base64.urlsafe_b64decode(cursor + "==")
            assert answer.json()["details"]["field"] == "cursor"


def test_the_last_moment_of_the_calendar_is_a_period(reads: Reads) -> None:
    path = f"/api/analytics/funnel?store_id={STORE}&from=0001-01-01&to=9999-12-31T23:59:59.999999Z"
    assert reads.get(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/landing-pages/%00/stats", 404, "NOT_FOUND"),
        ("GET", "/api/landing-pages/%ED%A0%80/stats", 404, "NOT_FOUND"),
        ("GET", "/subjects/%ff/versions", 404, "NOT_FOUND"),
        ("GET", "/api/customer-activity/", 404, "NOT_FOUND"),
        ("POST", "/api/customer-activity", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/healthz", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_every_error_has_one_shape(
    reads: Reads, method: str, path: str, status: int, code: str
) -> None:
    answer = reads.request(method, path)
    body = answer.json()
    assert answer.status_code == status
    assert set(body) == {"status", "error", "message", "code"}
    assert (body["status"], body["code"]) == ("error", code)


def test_ids_go_through_and_bad_ones_do_not(reads: Reads) -> None:
    sent = {"X-Request-Id": "req-1", "X-Correlation-Id": "corr-1"}
    for path in ("/healthz", "/api/nothing", ACTIVITY + "&limit=0"):
        answer = reads.request("GET", path, headers=sent)
        assert answer.headers["x-request-id"] == "req-1"
        assert answer.headers["x-correlation-id"] == "corr-1"
    forged = {"X-Request-Id": "a b", "X-Correlation-Id": "<script>"}
    answer = httpx.get(reads.url + "/healthz", headers=forged)
    UUID(answer.headers["x-request-id"])
    assert answer.headers["x-correlation-id"] == answer.headers["x-request-id"]


def test_metrics_name_routes_not_paths(reads: Reads) -> None:
    reads.get(f"/api/heatmap/{STORE}?page=/metrics-canary")
    reads.get("/api/metrics-canary")
    text = httpx.get(reads.url + "/metrics").text
    assert 'route="/api/heatmap/{store_id}",service="query",status="200"' in text
    assert 'route="unmatched"' in text
    assert "canary" not in text
    assert STORE not in text
    assert "storepulse_db_pool_connections" in text


def test_whole_numbers_are_written_one_way_everywhere(reads: Reads) -> None:
    paths = reads.read("/openapi.json")["paths"]
    asked = [
        (path, parameter["name"])
        for path, methods in paths.items()
        if path.startswith(("/api/", "/customers"))
        for parameter in methods.get("get", {}).get("parameters", ())
        if "integer" in json.dumps(parameter["schema"]) and parameter["in"] == "query"
    ]
    assert len(asked) > 15
    for path, name in asked:
        answer = reads.get(re.sub(r"{\w+}", STORE, path), **{name: "1_0"})
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, name), path


ANY_STORE = {
    "/api/cart-tracking/events": ("storeId", "carts", [STORE] * 2),
    "/api/dead-letters": ("store_id", "dead-letters", [STORE]),
    "/api/delivery/events": ("store_id", "deliveries -received_at", [*[STORE] * 3, "activity"]),
    "/api/audit": ("store_id", "audit", [STORE]),
    "/api/keys": ("store_id", "keys", [STORE]),
}


def test_a_cursor_of_another_store_is_refused(reads: Reads, store: str) -> None:
    for path, (name, listing, ids) in ANY_STORE.items():
        of_store, of_all = forged(f"{listing} {store}", 1, *ids), forged(listing, 1, *ids)
        for cursor, asked, status in (
            (of_store, {name: store}, 200), (of_store, {name: STORE}, 400), (of_store, {}, 400),
            (of_all, {name: store}, 400), (of_all, {}, 200),
        ):  # fmt: skip
            assert reads.get(path, cursor=cursor, **asked).status_code == status, path
    for path in ("/api/orders", "/api/orders/reconciliation"):
        cursor = forged(f"orders {store}", 1, "w")
        assert reads.get(path, cursor=cursor, store_id=store).status_code == 200
        assert reads.get(path, cursor=cursor, store_id=STORE).status_code == 400
    cursor = forged(f"customers {store}", 1, STORE)
    assert reads.get("/customers", cursor=cursor, store_id=store).status_code == 200
    assert reads.get("/customers", cursor=cursor, store_id=STORE).status_code == 400
