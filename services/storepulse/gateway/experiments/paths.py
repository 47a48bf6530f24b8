"""The paths of public reads of tests. Every caller who may send events may use them."""

from __future__ import annotations

import re
from typing import NamedTuple

from storepulse.access.rules.needs import COLLECT
from storepulse.access.rules.routes import Table

VARIANT = "/api/ab-testing/variant/{test_id}"
ACTIVE = "/api/ab-testing/active/{store_id}"
PAGE = "/api/page-config/{page_type}/{slug}"
PUBLIC_READS: Table = {("GET", path): COLLECT for path in (VARIANT, ACTIVE, PAGE)}

#: Matches paths with a single interpretation; all others are left to the ASGI application.
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
    """The endpoint of a GET, by its raw path; None if the ASGI application serves it."""
    found = _match(path)
    return None if found is None else _ENDPOINTS[found.lastindex or 0]
