"""Signing in to the console: sessions, links, and who may use a session's cookie."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.access.console_sessions import make_sign_in_link
from storepulse.query.lookup_memory import FRESH_SECONDS

ASKED = {"X-Storepulse-Console": "1"}
COOKIE = "storepulse_session"


def new_key(
    reads: Reads, *scopes: str, kind: str = "secret", store: UUID | None = None
) -> tuple[str, UUID]:
    key = keys.new_key(kind)
    with reads.world.connect() as connection:
        key_id = keys.store_key(connection, key, kind=kind, scopes=list(scopes), store_id=store)
    return key, key_id


@pytest.fixture
def browser(reads: Reads) -> Iterator[httpx.Client]:
    """Keeps cookies, and has no key."""
    with httpx.Client(base_url=reads.url, timeout=10) as client:
        yield client


def sign_in(client: httpx.Client, **proof: Any) -> httpx.Response:
    return client.post("/api/session", json=proof)


def signed_in(reads: Reads, client: httpx.Client, *scopes: str, **more: Any) -> tuple[str, UUID]:
    key, key_id = new_key(reads, *(scopes or ("read", "ops", "admin")), **more)
    answer = sign_in(client, key=key)
    assert answer.status_code == 200, answer.text
    return key, key_id


def link(reads: Reads, key_id: UUID, now: datetime | None = None) -> str:
    with reads.world.connect("operator") as connection:
        return make_sign_in_link(connection, key_id, now or datetime.now(UTC))


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_key_begins_a_session_and_the_cookie_reads(reads: Reads, browser: httpx.Client) -> None:
    store = uuid4()
    key, key_id = new_key(reads, "read", store=store)
    answer = sign_in(browser, key=f" {key}\n")
    assert answer.status_code == 200
    header = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/", "max-age=604800"):
        assert part in header
    assert "secure" not in header
    assert "domain" not in header
    assert answer.headers["cache-control"] == "no-store"
    token = browser.cookies[COOKIE]
    assert token not in answer.text
    assert key not in answer.text
    me = browser.get("/api/me")
    assert me.headers["cache-control"] == "no-store"
    assert me.headers["cross-origin-resource-policy"] == "same-origin"
    told = me.json()["data"]
    assert (told["key_id"], told["scopes"]) == (str(key_id), ["read"])
    ends_at = datetime.fromisoformat(told["session_ends_at"])
    assert timedelta(hours=11.9) < ends_at - datetime.now(UTC) <= timedelta(hours=12)
    assert browser.get("/api/customer-activity").status_code == 200
    assert browser.get(f"/api/customer-activity?store_id={uuid4()}").status_code == 403
    with reads.world.connect() as connection:
        rows = connection.execute(
            "SELECT session_hash FROM console_sessions WHERE key_id = %s", [key_id]
        ).fetchall()
    assert [bytes(found) for (found,) in rows] == [hashlib.sha256(token.encode()).digest()]


def test_over_https_only_the_very_host_can_have_set_the_cookie(reads: Reads) -> None:
    key, _ = new_key(reads, "read")
    proxied = {"X-Forwarded-Proto": "https"}
    answer = httpx.post(f"{reads.url}/api/session", json={"key": key}, headers=proxied)
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == "__Host-storepulse_session"
    assert "Secure" in rest
    token = rest.partition(";")[0]
    for sent, status in ((f"{name}={token}", 200), (f"{COOKIE}={token}", 401)):
        me = httpx.get(f"{reads.url}/api/me", headers={"Cookie": sent, **proxied})
        assert me.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": None},
        {"key": "a", "token": "b"},
        {"password": "x"},
        {"key": 5},
        [],
        {"key": "x" * 600},
    ],
    ids=range(7),
)
def test_what_is_no_proof_is_told_as_bad_input(browser: httpx.Client, body: Any) -> None:
    answer = browser.post("/api/session", json=body)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_wrong_keys_and_links_are_told_alike(reads: Reads, browser: httpx.Client) -> None:
    revoked, revoked_id = new_key(reads, "read")
    with reads.world.connect() as connection:
        assert keys.revoke(connection, revoked_id)
    late = link(reads, new_key(reads, "read")[1], datetime.now(UTC) - timedelta(minutes=10))
    used = link(reads, new_key(reads, "read")[1])
    assert httpx.post(f"{reads.url}/api/session", json={"token": used}).status_code == 200
    answers = [
        sign_in(browser, key=revoked),
        sign_in(browser, key=keys.new_key("secret")),
        sign_in(browser, key="password"),
        sign_in(browser, key="ssk_ключ"),
        sign_in(browser, key=""),
        sign_in(browser, token=late),
        sign_in(browser, token=used),
        sign_in(browser, token="x" * 43),
        sign_in(browser, token=""),
        sign_in(browser, token=link(reads, revoked_id)),
    ]
    assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
    assert "SIGN_IN_REFUSED" in answers[0].text
    assert not browser.cookies


def test_a_publishable_key_is_told_why(reads: Reads, browser: httpx.Client) -> None:
    for key in (new_key(reads, "ingest", kind="publishable")[0], "spk_nobody"):
        answer = sign_in(browser, key=key)
        assert code_of(answer) == (403, "FORBIDDEN")
        assert "secret key" in answer.json()["message"]


def test_a_key_that_may_not_read_is_told_why(reads: Reads, browser: httpx.Client) -> None:
    answer = sign_in(browser, key=new_key(reads, "ingest", "admin")[0])
    assert code_of(answer) == (403, "FORBIDDEN")
    assert "scope read" in answer.json()["message"]


def test_of_many_who_come_with_one_link_one_is_signed_in(reads: Reads) -> None:
    token = link(reads, new_key(reads, "read")[1])
    start = threading.Barrier(8)

    def come(_: int) -> int:
        with httpx.Client(base_url=reads.url, timeout=20) as client:
            client.get("/healthz")
            start.wait(20)
            return sign_in(client, token=token).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(come, range(8)))
    assert statuses == [200] + [401] * 7


def test_a_revoked_key_ends_its_sessions_within_seconds(
    reads: Reads, browser: httpx.Client
) -> None:
    _, key_id = signed_in(reads, browser)
    assert browser.get("/api/me").status_code == 200
    with reads.world.connect() as connection:
        assert keys.revoke(connection, key_id)
    wait_until(
        lambda: browser.get("/api/me").status_code != 200, "an end", seconds=FRESH_SECONDS + 2
    )
    assert code_of(browser.get("/api/me")) == (401, "SESSION_ENDED")


@pytest.mark.parametrize("of", ["key", "session"])
def test_what_has_expired_opens_nothing(reads: Reads, browser: httpx.Client, of: str) -> None:
    _, key_id = signed_in(reads, browser)
    statement = {
        "key": b"UPDATE api_keys SET expires_at = now() WHERE key_id = %s",
        "session": b"UPDATE console_sessions SET ends_at = now() WHERE key_id = %s",
    }[of]
    with reads.world.connect() as connection:
        connection.execute(statement, [key_id])
    answer = browser.get("/api/me")
    assert code_of(answer) == (401, "SESSION_ENDED")


def test_a_session_that_is_used_goes_on_and_one_that_is_not_ends(
    reads: Reads, browser: httpx.Client
) -> None:
    _, key_id = signed_in(reads, browser)

    def end() -> datetime:
        with reads.world.connect() as connection:
            row = connection.execute(
                "SELECT ends_at FROM console_sessions WHERE key_id = %s", [key_id]
            ).fetchone()
        assert row is not None
        found: datetime = row[0]
        return found

    with reads.world.connect() as connection:
        connection.execute(
            "UPDATE console_sessions SET began_at = now() - interval '6 days 20 hours',"
            " seen_at = now() - interval '11 hours', ends_at = now() + interval '1 hour'"
            " WHERE key_id = %s",
            [key_id],
        )
    assert browser.get("/api/me").status_code == 200
    # Seven days after it began, though twelve hours would be longer.
    wait_until(lambda: end() - datetime.now(UTC) > timedelta(hours=3.9), "a later end", seconds=10)
    assert end() - datetime.now(UTC) <= timedelta(hours=4)


def test_signing_out_ends_the_session_and_again_changes_nothing(
    reads: Reads, browser: httpx.Client
) -> None:
    signed_in(reads, browser)
    token = browser.cookies[COOKIE]
    assert browser.get("/api/me").status_code == 200
    answer = browser.delete("/api/session", headers=ASKED)
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    kept = {"Cookie": f"{COOKIE}={token}"}
    assert httpx.get(f"{reads.url}/api/me", headers=kept).status_code == 401
    for headers in ({}, ASKED, kept | ASKED):
        assert httpx.delete(f"{reads.url}/api/session", headers=headers).status_code == 204


def test_nobody_goes_on_in_a_session_that_another_knew(reads: Reads, browser: httpx.Client) -> None:
    signed_in(reads, browser)
    former = browser.cookies[COOKIE]
    signed_in(reads, browser)
    assert browser.cookies[COOKIE] != former
    kept = {"Cookie": f"{COOKIE}={former}"}
    assert httpx.get(f"{reads.url}/api/me", headers=kept).status_code == 401
    # A cookie that somebody made up is not taken over.
    made_up = {"Cookie": f"{COOKIE}={'m' * 43}"}
    key, _ = new_key(reads, "read")
    answer = httpx.post(f"{reads.url}/api/session", json={"key": key}, headers=made_up)
    assert answer.status_code == 200
    assert "m" * 43 not in answer.headers["set-cookie"]
    assert httpx.get(f"{reads.url}/api/me", headers=made_up).status_code == 401


def test_a_key_in_a_header_stands_above_the_cookie(reads: Reads, browser: httpx.Client) -> None:
    signed_in(reads, browser)
    other, other_id = new_key(reads, "read")
    for headers in ({"X-Api-Key": other}, {"Authorization": f"Bearer {other}"}):
        assert browser.get("/api/me", headers=headers).json()["data"]["key_id"] == str(other_id)
    wrong = browser.get("/api/me", headers={"X-Api-Key": "ssk_wrong"})
    assert code_of(wrong) == (401, "KEY_INVALID")
    # With a key no page is asked for anything.
    answer = browser.post("/api/stores", headers={"X-Api-Key": other}, json={})
    assert answer.status_code == 403
    assert "scope admin" in answer.json()["message"]


def test_what_changes_something_wants_our_own_page(reads: Reads, browser: httpx.Client) -> None:
    signed_in(reads, browser)
    body = {"domain": f"{uuid4().hex}.example"}
    host = httpx.URL(reads.url).netloc.decode()
    refused: list[dict[str, str]] = [
        {},
        {"X-Storepulse-Console": "0"},
        ASKED | {"Sec-Fetch-Site": "cross-site"},
        ASKED | {"Sec-Fetch-Site": "same-site"},
        ASKED | {"Origin": "https://evil.example"},
        ASKED | {"Origin": "null"},
    ]
    for headers in refused:
        answer = browser.post("/api/stores", headers=headers, json=body)
        assert code_of(answer) == (403, "FORBIDDEN"), headers
    for headers in ({"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
        assert browser.get("/api/me", headers=headers).status_code == 403
        assert browser.delete("/api/session", headers=ASKED | headers).status_code == 403
    assert browser.delete("/api/session").status_code == 403
    good = ASKED | {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}
    assert browser.post("/api/stores", headers=good, json=body).status_code == 201


def test_no_other_page_signs_a_browser_in(reads: Reads, browser: httpx.Client) -> None:
    key, _ = new_key(reads, "read")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        answer = browser.post("/api/session", json={"key": key}, headers=headers)
        assert code_of(answer) == (403, "FORBIDDEN")
        assert not browser.cookies


@pytest.mark.parametrize(
    "cookie",
    [
        "storepulse_session=",
        "storepulse_session=x",
        "storepulse_session=" + "t" * 43 + "; storepulse_session=" + "o" * 43,
        "storepulse_session=" + "\\x00%00\"'" * 20,
        "storepulse_session=" + "a" * 20_000,
    ],
    ids=("empty", "short", "two", "escaped", "long"),
)
def test_junk_in_the_cookie_is_no_session(reads: Reads, cookie: str) -> None:
    answer = httpx.get(f"{reads.url}/api/me", headers={"Cookie": cookie})
    assert code_of(answer) == (401, "SESSION_ENDED")


def test_two_cookies_that_differ_are_none(reads: Reads, browser: httpx.Client) -> None:
    signed_in(reads, browser)
    token = browser.cookies[COOKIE]
    both = f"{COOKIE}={'o' * 43}; {COOKIE}={token}"
    assert httpx.get(f"{reads.url}/api/me", headers={"Cookie": both}).status_code == 401


def test_a_cookie_of_100_kb_is_refused_by_its_size(reads: Reads) -> None:
    answer = httpx.get(f"{reads.url}/api/me", headers={"Cookie": "a=" + "x" * 100_000})
    assert answer.status_code == 431
    assert httpx.get(f"{reads.url}/healthz").status_code == 200


def test_of_the_schema_registry_a_session_opens_reads_alone(
    reads: Reads, browser: httpx.Client
) -> None:
    signed_in(reads, browser)
    far = {"X-Forwarded-For": "203.0.113.9"} | ASKED  # else this machine needs no key there
    assert browser.get("/subjects", headers=far).status_code == 200
    assert browser.get("/metrics", headers=far).status_code == 200
    for method, path in (("PUT", "/config"), ("POST", "/subjects/a/versions"), ("DELETE", "/mode")):
        answer = browser.request(method, path, headers=far, json={})
        assert answer.status_code == 401, (method, path)


def test_a_key_has_a_hundred_sessions_at_most(reads: Reads, browser: httpx.Client) -> None:
    key, key_id = signed_in(reads, browser)
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO console_sessions (session_hash, key_id, began_at, seen_at, ends_at)"
            " SELECT sha256((%s || n::text)::bytea), %s, now(), now(), now() + interval '1 hour'"
            "   FROM generate_series(1, 99) AS n",
            [key, key_id],
        )
        assert httpx.post(f"{reads.url}/api/session", json={"key": key}).status_code == 200
        row = connection.execute(
            "SELECT count(*) FROM console_sessions WHERE key_id = %s", [key_id]
        ).fetchone()
    assert row == (100,)
    assert browser.get("/api/me").status_code == 401
