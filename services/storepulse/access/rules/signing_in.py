"""Signing in to the console: who may, how long a session lasts, and what its cookie grants. Pure.

Rules: a session grants what the key that started it grants, and ends with that key. It lasts 12
hours from the last request, at most 7 days. Its cookie is accepted where a key is; a key in a
header takes precedence. To prevent CSRF, a request that changes something must come from our own
page: by what the browser says, and by a header that other pages cannot send without a preflight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from storepulse.access.rules.needs import READ, Credential, Denied, Need, denial_of

Header = tuple[bytes, bytes]

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
#: The end of a session is moved at most this often.
EXTENDED_EVERY = timedelta(minutes=5)
LINK_LASTS = timedelta(minutes=10)
#: Most sessions of one key; the oldest ones end.
MOST_OF_KEY = 100

COOKIE = "storepulse_session"
#: For https. The prefix makes browsers accept the cookie from the very host only: a page on a
#: sibling host cannot set it.
SECURE_COOKIE = f"__Host-{COOKIE}"
#: The header that the console's page adds to requests that change something.
CONSOLE_HEADER = b"x-storepulse-console"

SESSION_ENDED = Denied(401, "SESSION_ENDED", "The session has ended; sign in again")
#: One answer for all reasons, so that it does not reveal which keys and links exist.
NOT_SIGNED_IN = Denied(
    401, "SIGN_IN_REFUSED", "The key or link is unknown, used up, revoked or expired"
)
PUBLISHABLE = Denied(
    403, "FORBIDDEN", "A publishable key only sends events; sign in with a secret key (ssk_…)"
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_is_token = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch


def end_of_session(began_at: datetime, now: datetime) -> datetime:
    """When a session ends if it is used now and never again."""
    return min(now + IDLE, began_at + LONGEST)


def is_to_extend(seen_at: datetime, now: datetime) -> bool:
    """Whether a request moves the session's end."""
    return now - seen_at >= EXTENDED_EVERY


def denial_of_sign_in(key: Credential | None) -> Denied | None:
    """Why a key cannot sign in; None if it may. `key` None: it does not exist."""
    if key is None or key.revoked:
        return NOT_SIGNED_IN
    return PUBLISHABLE if key.kind != "secret" else denial_of(READ, key)


def is_secure(headers: Iterable[Header]) -> bool:
    """Whether the browser uses https, according to our own page or a proxy. A client that lies
    about it gets a cookie that its own browser does not send."""
    sent = dict(headers)
    forwarded = sent.get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    origin = sent.get(b"origin", b"")
    return forwarded == b"https" or (origin.startswith(b"https://") and _is_own(origin, sent))


def session_token(headers: Iterable[Header]) -> str | None:
    """The token in the session's cookie: "" if it is not valid, None without a cookie.

    If there are several cookies of one name with different values, one was set by someone else and
    cannot be identified, so the result is "".
    """
    sent = list(headers)
    found: dict[str, set[str]] = {}
    for name, value in sent:
        if name != b"cookie":
            continue
        for pair in value.decode("latin-1").split(";"):
            key, _, text = pair.partition("=")
            if (key := key.strip()) in (COOKIE, SECURE_COOKIE):
                found.setdefault(key, set()).add(text.strip())
    if SECURE_COOKIE in found:
        values = found[SECURE_COOKIE]
    elif COOKIE in found and not is_secure(sent):
        values = found[COOKIE]
    else:
        return None
    (token, *others) = values
    return token if not others and _is_token(token) else ""


def takes_session(need: Need, method: str) -> bool:
    """Whether a session opens a route. Writes to the schema registry require a key: requests of
    those paths have nothing that distinguishes our page from another."""
    return method in _SAFE or need.opened == "never"


def denial_of_page(method: str, headers: Iterable[Header]) -> Denied | None:
    """Why a request with a session's cookie is refused because another page may have caused it;
    None if it is not."""
    sent = dict(headers)
    if is_of_other_page(method, sent):
        reason = "A session is used by the console's own pages alone; other programs need a key"
        return Denied(403, "FORBIDDEN", reason)
    if method not in _SAFE and sent.get(CONSOLE_HEADER) != b"1":
        reason = "With a session, what changes something needs the header X-Storepulse-Console: 1"
        return Denied(403, "FORBIDDEN", reason)
    return None


def is_of_other_page(method: str, sent: dict[bytes, bytes]) -> bool:
    """Whether the browser says that a page of another origin caused the request. A typed
    address, or a client that is not a browser, does not count as a page."""
    site = sent.get(b"sec-fetch-site")
    if site is not None:
        return site != b"same-origin" and not (site == b"none" and method in _SAFE)
    origin = sent.get(b"origin")
    return origin is not None and not _is_own(origin, sent)


def _is_own(origin: bytes, sent: dict[bytes, bytes]) -> bool:
    """Whether an origin is the host of the request."""
    try:
        host = urlsplit(origin.decode("latin-1")).netloc
    except ValueError:
        return False
    return host.lower().encode("latin-1") == sent.get(b"host", b"").strip().lower()
