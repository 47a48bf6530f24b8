"""What a session's cookie opens, for whom and for how long, and which pages may use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storepulse.access.rules import signing_in as rules
from storepulse.access.rules.needs import (
    ADMIN,
    ANY_KEY,
    METRICS,
    OPS,
    READ,
    SECRET,
    SIGN_IN,
    TOKEN,
    Need,
)
from storepulse.access.rules.signing_in import Header

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TOKEN_TEXT = "t" * 43
OTHER = "o" * 43
HERE: Header = (b"host", b"console.example")
ASKED: Header = (rules.CONSOLE_HEADER, b"1")


@dataclass(frozen=True)
class Key:
    kind: str = "secret"
    scopes: list[str] = field(default_factory=lambda: ["read"])
    store_id: UUID | None = None
    revoked: bool = False


def cookies(*values: str) -> list[Header]:
    return [(b"cookie", value.encode("latin-1")) for value in values]


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "SIGN_IN_REFUSED"),
        (Key(revoked=True), 401, "SIGN_IN_REFUSED"),
        (Key(kind="publishable", scopes=["ingest"]), 403, "FORBIDDEN"),
        (Key(scopes=["ingest", "admin", "ops"]), 403, "FORBIDDEN"),
    ],
)
def test_who_signs_in_with_no_key(key: Key | None, status: int, code: str) -> None:
    denied = rules.denial_of_sign_in(key)
    assert denied is not None
    assert (denied.status, denied.code) == (status, code)


def test_a_secret_key_that_reads_signs_in() -> None:
    assert rules.denial_of_sign_in(Key()) is None
    assert rules.denial_of_sign_in(Key(store_id=UUID(int=1))) is None


def test_a_session_goes_on_for_seven_days_and_no_longer() -> None:
    began = NOW
    assert rules.end_of_session(began, NOW) == NOW + timedelta(hours=12)
    late = NOW + timedelta(days=6, hours=20)
    assert rules.end_of_session(began, late) == NOW + timedelta(days=7)


def test_its_end_is_moved_every_five_minutes() -> None:
    assert not rules.is_to_extend(NOW, NOW + timedelta(minutes=4, seconds=59))
    assert rules.is_to_extend(NOW, NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("sent", "token"),
    [
        ([], None),
        (cookies(""), None),
        (cookies("other=1; sp_id=2"), None),
        (cookies(f"storepulse_session={TOKEN_TEXT}"), TOKEN_TEXT),
        (cookies(f"a=b;storepulse_session={TOKEN_TEXT} ; c"), TOKEN_TEXT),
        (cookies("a=1", f"storepulse_session={TOKEN_TEXT}"), TOKEN_TEXT),
        # The same one twice is one.
        (cookies(f"storepulse_session={TOKEN_TEXT}; storepulse_session={TOKEN_TEXT}"), TOKEN_TEXT),
        (cookies(f"storepulse_session={TOKEN_TEXT}; storepulse_session={OTHER}"), ""),
        (cookies(f"storepulse_session={TOKEN_TEXT}", f"storepulse_session={OTHER}"), ""),
        (cookies("storepulse_session="), ""),
        (cookies("storepulse_session"), ""),
        (cookies(f'storepulse_session="{TOKEN_TEXT}"'), ""),
        (cookies(f"storepulse_session={TOKEN_TEXT}x"), ""),
        (cookies("storepulse_session=" + "\xff\x00\n" * 20), ""),
        (cookies("storepulse_session=" + "x" * 100_000), ""),
        (cookies(";" * 30_000), None),
        (cookies(f"Storepulse_Session={TOKEN_TEXT}"), None),
        # One that only the very host can have set stands above the other.
        (
            cookies(f"storepulse_session={OTHER}; __Host-storepulse_session={TOKEN_TEXT}"),
            TOKEN_TEXT,
        ),
    ],
)
def test_what_the_cookie_holds(sent: list[Header], token: str | None) -> None:
    assert rules.session_token(sent) == token


def test_over_https_a_cookie_that_a_sister_host_may_have_set_does_not_count() -> None:
    plain = cookies(f"storepulse_session={TOKEN_TEXT}")
    for secure in ((b"x-forwarded-proto", b"https"), (b"origin", b"https://console.example")):
        assert rules.session_token([*plain, HERE, secure]) is None
    # What another site's page says of itself says nothing of ours.
    assert rules.session_token([*plain, HERE, (b"origin", b"https://evil.example")]) == TOKEN_TEXT
    assert rules.session_token([*plain, (b"x-forwarded-proto", b"http")]) == TOKEN_TEXT


@pytest.mark.parametrize(
    ("sent", "secure"),
    [
        ([], False),
        ([(b"origin", b"http://console.example")], False),
        ([(b"origin", b"https://console.example"), HERE], True),
        ([(b"origin", b"https://console.example"), (b"host", b"a.example")], False),
        ([(b"x-forwarded-proto", b"HTTPS, http")], True),
        ([(b"x-forwarded-proto", b"http, https")], False),
        ([(b"origin", b"null")], False),
    ],
)
def test_whether_the_browser_speaks_https(sent: list[Header], secure: bool) -> None:
    assert rules.is_secure(sent) is secure


@pytest.mark.parametrize("need", [READ, OPS, ADMIN, SECRET])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_a_session_opens_reads_and_administration(need: Need, method: str) -> None:
    assert rules.takes_session(need, method)


@pytest.mark.parametrize("need", [ANY_KEY, METRICS, TOKEN, SIGN_IN])
def test_of_other_programs_paths_it_opens_reads_alone(need: Need) -> None:
    assert rules.takes_session(need, "GET")
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "X"):
        assert not rules.takes_session(need, method)


SAME = (b"sec-fetch-site", b"same-origin")
TYPED = (b"sec-fetch-site", b"none")
OWN_ORIGIN = (b"origin", b"https://Console.example")
OTHERS: list[list[Header]] = [
    [(b"sec-fetch-site", b"cross-site")],
    [(b"sec-fetch-site", b"same-site")],
    [(b"sec-fetch-site", b"")],
    [(b"sec-fetch-site", b"cross-site"), OWN_ORIGIN],
    [(b"origin", b"https://evil.example")],
    [(b"origin", b"https://console.example.evil.example")],
    [(b"origin", b"https://console.example:8443")],
    [(b"origin", b"null")],
    [(b"origin", b"")],
    [(b"origin", b"https://[")],
]


@pytest.mark.parametrize("more", [[], [SAME], [OWN_ORIGIN], [SAME, OWN_ORIGIN]])
def test_our_page_and_programs_read_and_change(more: list[Header]) -> None:
    assert rules.denial_of_page("GET", [HERE, *more]) is None
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert rules.denial_of_page(method, [HERE, ASKED, *more]) is None


@pytest.mark.parametrize("more", OTHERS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_other_pages_get_nothing(more: list[Header], method: str) -> None:
    denied = rules.denial_of_page(method, [HERE, ASKED, *more])
    assert denied is not None
    assert denied.status == 403


def test_without_a_host_no_origin_is_ours() -> None:
    assert rules.denial_of_page("GET", [OWN_ORIGIN]) is not None


@pytest.mark.parametrize("value", [None, b"", b"0", b"true", b"1, 1"])
def test_what_changes_something_needs_the_header(value: bytes | None) -> None:
    header = [] if value is None else [(rules.CONSOLE_HEADER, value)]
    denied = rules.denial_of_page("POST", [HERE, SAME, *header])
    assert denied is not None
    assert "X-Storepulse-Console: 1" in denied.message


def test_an_address_that_was_typed_reads_and_changes_nothing() -> None:
    assert rules.denial_of_page("GET", [HERE, TYPED]) is None
    assert rules.denial_of_page("POST", [HERE, TYPED, ASKED]) is not None
