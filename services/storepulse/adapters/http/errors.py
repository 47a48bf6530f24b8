"""Errors as answers, in the one shape that every path of every service has:

    {"status": "error", "error": "Validation Error", "message": "limit is above 500",
     "details": {"field": "limit", "reason": "is above 500"}}

`code` stands in for `details` where no field is to blame. Validation is 400, never 422.
"""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse.domain.access import CHALLENGE, Denied

Header = tuple[bytes, bytes]

TITLES = {
    400: "Validation Error",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request that gets an error answer other than a 400 about a field."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        headers: tuple[Header, ...] = (),
        details: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers
        self.details = details
        self.rejected: list[dict[str, Any]] | None = None


def refused(denied: Denied) -> Refused:
    """What is raised for a call that may not be made; 401 says how to identify oneself."""
    headers = ((b"www-authenticate", CHALLENGE.encode()),) if denied.status == 401 else ()
    return Refused(denied.status, denied.message, denied.code, headers=headers)


def error_body(refused: Refused) -> bytes:
    """The body of an error answer."""
    body: dict[str, Any] = {
        "status": "error",
        "error": TITLES.get(refused.status, "Error"),
        "message": refused.message,
    }
    if refused.code is not None:
        body["code"] = refused.code
    if refused.details is not None:
        body["details"] = refused.details
    if refused.rejected is not None:
        body["rejected"] = refused.rejected
    return _encode(body)
