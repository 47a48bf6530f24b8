"""The paths at which visitors ask about tests, and who may: whoever may send events."""

from __future__ import annotations

import re
from typing import NamedTuple

from storepulse.access.rules.needs import COLLECT
from storepulse.access.rules.routes import Table

VARIANT = "/api/ab-testing/variant/{test_id}"
ACTIVE = "/api/ab-testing/active/{store_id}"
PAGE = "/api/page-config/{page_type}/{slug}"
PUBLIC_READS: Table = {("GET", path): COLLECT for path in (VARIANT, ACTIVE, PAGE)}

#: Of a path that has one reading alone; all others take the way of paths that are not hot.
_match = re.compile(
    rb"/api/(?:ab-testing/(?:(variant)|(active))|(page-config)/[a-z0-9_-]{1,64})"
    rb"/[A-Za-z0-9_-]{1,255}"
).fullmatch


class ReadEndpoint(NamedTuple):
    """One of these paths, for requests that are served directly. Their bodies are empty."""

    path: str
    body_bytes: int = 0


_ENDPOINTS = (None, ReadEndpoint(VARIANT), ReadEndpoint(ACTIVE), ReadEndpoint(PAGE))


def find_read(path: bytes) -> ReadEndpoint | None:
    """What serves a GET of a path as it was sent."""
    found = _match(path)
    return None if found is None else _ENDPOINTS[found.lastindex or 0]
