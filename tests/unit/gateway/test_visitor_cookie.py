"""The visitor's cookie: who gets one, which id wins, and what a hostile client makes of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from storepulse.access.keys import ApiKey
from storepulse.domain.envelope import Choice, Consent
from storepulse.gateway.call import Call
from storepulse.gateway.passing.forwarded_headers import VISITOR, headers_to_pass
from storepulse.gateway.visitor_cookie import take_visitor, visitor_of_cookie

SHOP = "https://shop.example"
KNOWN, STATED = "0190d5a0-0000-7000-8000-000000000001", "0190d5a0-0000-7000-8000-000000000002"
HELD = f"sp_id={KNOWN}; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax; Secure"
ADOPTED = HELD.replace(KNOWN, STATED)
ENDED = "sp_id=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"


def key_for(*origins: str, kind: str = "publishable") -> ApiKey:
    return ApiKey(UUID(int=1), kind, b"", "", None, ["ingest"], list(origins), False)


def call_with(
    *cookies: str | bytes, site: str | None = "same-site", origin: str | None = SHOP
) -> Call:
    pairs = [(b"host", b"events.shop.example")]
    if site is not None:
        pairs.append((b"sec-fetch-site", site.encode()))
    if origin is not None:
        pairs.append((b"origin", origin.encode()))
    sent = (one if isinstance(one, bytes) else one.encode() for one in cookies)
    pairs += [(b"cookie", cookie) for cookie in sent]
    call = Call(pairs, dict(pairs), "203.0.113.7", "r-1", "203.0.113.7")
    call.api_key = key_for(SHOP)
    return call


def event(visitor: str | None = None, analytics: Choice | None = None) -> Any:
    consent = None if analytics is None else Consent(analytics)
    return SimpleNamespace(visitor_id=visitor, consent=consent)


def told(call: Call, *events: Any) -> tuple[list[str | None], str, str]:
    """The visitors of the events, what the answer's body says, and the cookie that it sets."""
    take_visitor(call, events)
    line = call.cookie_line.decode()
    assert line.count("\r\n") == bool(line)
    cookie = line.removeprefix("set-cookie: ").removesuffix("\r\n")
    return [one.visitor_id for one in events], call.visitor_id, cookie


def test_a_first_visit_gets_the_id_that_the_script_made() -> None:
    assert told(call_with(), event(STATED)) == ([STATED], "", ADOPTED)


def test_nobody_gets_an_id_that_no_event_states() -> None:
    assert told(call_with(), event()) == ([None], "", "")


def test_what_is_in_place_costs_no_header() -> None:
    assert told(call_with(f"sp_id={KNOWN}"), event(KNOWN)) == ([KNOWN], "", "")


def test_the_cookie_stands_above_the_script_and_is_told() -> None:
    mixed = (event(STATED), event(), event(KNOWN))
    assert told(call_with(f"a=1; sp_id={KNOWN}; b=2"), *mixed) == ([KNOWN] * 3, KNOWN, HELD)


def test_a_request_has_one_visitor() -> None:
    assert told(call_with(), event(), event(STATED), event("x")) == ([STATED] * 3, STATED, ADOPTED)


def test_denied_consent_ends_it_and_takes_nothing_from_it() -> None:
    call = call_with(f"sp_id={KNOWN}")
    assert told(call, event(STATED, "granted"), event(None, "denied")) == (
        [STATED, None], "", ENDED,
    )  # fmt: skip
    assert told(call_with(), event(STATED, "denied")) == ([STATED], "", "")
    assert told(call_with("sp_id=\x01"), event(STATED, "denied"))[2] == ENDED
    assert told(call_with(), event(STATED, "unknown"))[2] == ADOPTED


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("cross-site", SHOP), ("none", SHOP), (None, SHOP), ("same-site, same-origin", SHOP),
        ("SAME-SITE", SHOP), ("same-site", None), ("same-origin", None), ("same-site", "null"),
        ("same-site", "https://shop.example.evil.example"), ("same-site", "https://eshop.example"),
        ("same-site", "http://shop.example"), ("same-site", "https://shop.example:444"),
        ("same-site", "https://shop.example@evil.example"), ("same-site", "https://sh0p.example"),
    ],
)  # fmt: skip
def test_other_pages_get_none(site: str | None, origin: str | None) -> None:
    call = call_with(f"sp_id={KNOWN}", site=site, origin=origin)
    assert told(call, event(STATED), event()) == ([STATED, None], "", "")
    if origin is not None:
        assert visitor_of_cookie(call, call.api_key) == ""


@pytest.mark.parametrize("key", [None, key_for(), key_for("https://other.example")])
def test_a_key_without_the_pages_origin_gives_none(key: ApiKey | None) -> None:
    call = call_with(f"sp_id={KNOWN}")
    call.api_key = key
    assert told(call, event(STATED)) == ([STATED], "", "")
    assert key is None or visitor_of_cookie(call, key) == ""


@pytest.mark.parametrize(
    "visitor",
    [
        "a b", "a;b", "a,b", 'a"b', "a\\b", "a\r\nSet-Cookie: x=1", "a\nb", "a\0b", "\x7f",
        "jane@example.com", "x; Domain=example", "Ü", "\U0001f600", "a" * 129, "\ud800", "sp_id=1",
    ],
)  # fmt: skip
def test_an_id_that_may_be_no_cookie_stays_with_its_script(visitor: str) -> None:
    assert told(call_with(), event(visitor)) == ([visitor], "", "")
    assert told(call_with(f"sp_id={KNOWN}"), event(visitor)) == ([KNOWN], KNOWN, HELD)


@pytest.mark.parametrize(
    "cookies",
    [
        ("sp_id=",), ("sp_id",), (f"sp_id={KNOWN}; sp_id={KNOWN}",), ("sp_id=a", "sp_id=b"),
        (f'sp_id="{KNOWN}"',), ("sp_id=" + "a" * 129,), ("sp_id=a b",), ("sp_id=a,b",),
        (b"sp_id=\xff\xfe",), (b"sp_id=a\0b",), ("sp_id=<script>",), ("sp_id=a=b",),
        ("x=" + "a=b;" * 2_000,), (";;;=;",), (f"SP_ID={KNOWN}",), (f"xsp_id={KNOWN}",),
        (f"x=sp_id={KNOWN}",), ("sp_id=../../etc",), ("sp_id=%0d%0aSet-Cookie:x=1",),
    ],
)  # fmt: skip
def test_a_bad_cookie_is_as_none(cookies: tuple[str | bytes, ...]) -> None:
    assert told(call_with(*cookies), event(STATED), event(STATED)) == (
        [STATED, STATED], "", ADOPTED,
    )  # fmt: skip
    assert visitor_of_cookie(call_with(*cookies), key_for(SHOP)) == ""


def test_one_cookie_in_two_headers_is_found() -> None:
    call = call_with("a=1", f"sp_id={KNOWN}", "b=2")
    assert visitor_of_cookie(call, call.api_key) == KNOWN


@pytest.mark.parametrize(
    ("origin", "is_secure"),
    [
        ("http://localhost:8080", False), ("http://127.0.0.1", False), ("http://[::1]:9", False),
        ("https://localhost", True), ("http://shop.example", True), (SHOP, True),
        ("http://localhost.evil.example", True), ("http://127.0.0.1.evil.example", True),
    ],
)  # fmt: skip
def test_it_is_secure_but_on_this_machine_without_tls(origin: str, is_secure: bool) -> None:
    call = call_with(origin=origin)
    call.api_key = key_for(origin)
    assert told(call, event(STATED))[2].endswith("; Secure") == is_secure


def test_a_page_of_the_same_origin_that_reads_states_no_origin() -> None:
    call = call_with(f"sp_id={KNOWN}", site="same-origin", origin=None)
    assert visitor_of_cookie(call, key_for(SHOP)) == KNOWN
    assert visitor_of_cookie(call, key_for()) == ""


def test_the_query_service_gets_the_id_and_never_a_cookie_or_a_claim() -> None:
    call = call_with(f"sp_id={KNOWN}; secret=1")
    call.pairs += [(VISITOR, b"claimed"), (VISITOR, b"twice")]
    passed = headers_to_pass(call, b"x-correlation-id", b"query", local=False)
    assert [value for name, value in passed if name == VISITOR] == [KNOWN.encode()]
    assert b"cookie" not in dict(passed)
    call = call_with(f"sp_id={KNOWN}", site="cross-site")
    call.pairs.append((VISITOR, b"claimed"))
    passed = headers_to_pass(call, b"x-correlation-id", b"query", local=False)
    assert VISITOR not in dict(passed)
