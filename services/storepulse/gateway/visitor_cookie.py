"""The visitor's cookie on the shop's own site: `sp_id`, which scripts cannot read.

- It works only for pages of the gateway's own site: the browser reports the site (`Sec-Fetch-Site`;
  browsers know the public suffixes), and the key must allow the page's origin.
- A new cookie adopts the visitor id that events state. An existing cookie wins over another stated
  id, because it outlives scripts' storage. Events without a visitor id get the cookie's.
- If a visitor denies analytics, the cookie is ended and not used.
- An unreadable or repeated cookie counts as absent. No request is ever refused because of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from storepulse.access.keys import ApiKey
from storepulse.access.rules.loopback import is_local_host
from storepulse.gateway import origins
from storepulse.gateway.call import Call
from storepulse.streams.beacon import AnyBeacon

COOKIE = "sp_id"
_NAME = COOKIE.encode()
#: The longest time that browsers keep a cookie.
_SECONDS = 400 * 86_400
_SITE = b"sec-fetch-site"
_OWN_SITE = frozenset({b"same-origin", b"same-site"})
#: Values that are safe in a cookie: no quotes, commas, spaces or line ends. Visitor ids may be any
#: text; others stay with their scripts.
_is_value = re.compile(rb"[A-Za-z0-9._:~-]{1,128}").fullmatch


def take_visitor(call: Call, beacons: Sequence[AnyBeacon]) -> None:
    """Give a page's events and its visitor's cookie the same id.

    The call then has what the answer says about it.
    """
    key = call.api_key
    if key is None or b"origin" not in call.headers or not _is_of_own_site(call, key):
        return
    has_cookie, known = _read(call)
    if any(beacon.consent and beacon.consent.analytics == "denied" for beacon in beacons):
        if has_cookie:
            call.cookie_line = _line_of(call, "", 0)
        return
    stated = next((beacon.visitor_id for beacon in beacons if beacon.visitor_id), None)
    visitor = known or stated
    if visitor is None:
        return
    if not known and not _may_be_value(visitor):
        return
    differs = False
    for beacon in beacons:
        if beacon.visitor_id != visitor:
            beacon.visitor_id, differs = visitor, True
    if differs:
        call.visitor_id = visitor
    if differs or not known:
        call.cookie_line = _line_of(call, visitor, _SECONDS)


def visitor_of_cookie(call: Call, key: ApiKey | None = None) -> str:
    """The visitor in the cookie of a page of the gateway's own site, "" if there is none.

    `key`: the page's key, which must then allow the page's origin.
    """
    if b"cookie" not in call.headers or not _is_of_own_site(call, key):
        return ""
    return _read(call)[1]


def _is_of_own_site(call: Call, key: ApiKey | None) -> bool:
    """Whether a page of the gateway's own site calls, and the key, if given, allows its origin."""
    site = call.headers.get(_SITE)
    if site not in _OWN_SITE or (key is not None and not key.origins):
        return False
    origin = call.header_text(b"origin")
    if not origin:  # browsers omit it on reads from the page's own origin
        return site == b"same-origin"
    return key is None or origins.allows(key, origin)


def _read(call: Call) -> tuple[bool, str]:
    """Whether the cookie was sent, and its visitor; "" if it is unreadable."""
    if b"cookie" not in call.headers:
        return False, ""
    found = [
        value
        for header, line in call.pairs
        if header == b"cookie"
        for name, _, value in (part.strip(b" \t").partition(b"=") for part in line.split(b";"))
        if name == _NAME
    ]
    if len(found) != 1 or _is_value(found[0]) is None:
        return bool(found), ""
    return True, found[0].decode("ascii")


def _may_be_value(visitor: str) -> bool:
    return visitor.isascii() and _is_value(visitor.encode()) is not None


def _line_of(call: Call, value: str, seconds: int) -> bytes:
    """The header line that sets or ends the cookie."""
    line = f"set-cookie: {COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax"
    return f"{line}{'' if _is_plain_local(call) else '; Secure'}\r\n".encode()


def _is_plain_local(call: Call) -> bool:
    """Whether the page is on this machine and without TLS: browsers may reject secure cookies
    there."""
    try:
        parts = urlsplit(call.header_text(b"origin"))
    except ValueError:
        return False
    return parts.scheme == "http" and is_local_host(parts.netloc.encode("latin-1"))
