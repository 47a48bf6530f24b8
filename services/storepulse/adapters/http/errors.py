"""Errors as answers, in one shape for every path of every service:

    {"status": "error", "error": "Validation Error", "message": "limit is above 500",
     "details": {"field": "limit", "reason": "is above 500"}}

`code` replaces `details` if no field is to blame. Validation errors are 400, never 422.

Exceptions become answers only here:

    RequestRefused   its own status
    Rejected         400 that names the field and the reason
    Transient        503 with Retry-After
    any other        500: a bug
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from storepulse.domain.errors import REQUIRED, Rejected, Transient

Header = tuple[bytes, bytes]

TITLES = {
    400: "Validation Error",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
RETRY_AFTER_SECONDS = 2
#: Message and code of a transient fault.
Fault = tuple[str, str]
DATABASE_AWAY: Fault = ("Database service unavailable", "DATABASE_UNAVAILABLE")

_encode = msgspec.json.Encoder().encode


class RequestRefused(Exception):
    """A request that gets an error answer.

    `rejected` names the bad events of a batch. `headers` are sent with the answer, names in lower
    case.
    """

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

    @classmethod
    def unavailable(
        cls, message: str, code: str, retry_after_seconds: int = RETRY_AFTER_SECONDS
    ) -> Self:
        """503 with Retry-After."""
        return cls(503, message, code, headers=(retry_after(retry_after_seconds),))

    @classmethod
    def for_bug(cls) -> Self:
        """500 for a bug of ours."""
        return cls(500, "The request failed", "SERVER_ERROR")

    @classmethod
    def too_large(cls, message: str) -> Self:
        """413 for a body or an event that is too large."""
        return cls(413, message, "TOO_LARGE")

    @classmethod
    def rate_limited(cls, message: str, retry_after_seconds: int) -> Self:
        """429 with Retry-After."""
        headers = (retry_after(retry_after_seconds),)
        return cls(429, message, "RATE_LIMITED", headers=headers)


def refusal_of_error(
    error: Exception, faults: Mapping[type[Exception], Fault] | None = None
) -> RequestRefused:
    """The refusal for an exception that ended a request.

    `faults` has messages for kinds of Transient that a service can meet.
    """
    match error:
        case RequestRefused():
            return error
        case Rejected():
            details = {"field": error.field, "reason": error.reason}
            return RequestRefused(400, sentence_of(error), details=details)
        case Transient():
            return RequestRefused.unavailable(*(faults or {}).get(type(error), DATABASE_AWAY))
    return RequestRefused.for_bug()


def sentence_of(rejected: Rejected) -> str:
    """`storeName is required`, `x is above 10000`."""
    if not rejected.field:
        return rejected.reason
    if rejected.reason == REQUIRED:
        return f"{rejected.field} is required"
    return f"{rejected.field} {rejected.reason}"


def retry_after(seconds: int) -> Header:
    """The Retry-After header."""
    return (b"retry-after", b"%d" % seconds)


def error_body(refusal: RequestRefused) -> bytes:
    """The body of an error answer."""
    body: dict[str, Any] = {
        "status": "error",
        "error": TITLES.get(refusal.status, "Error"),
        "message": refusal.message,
    }
    if refusal.code is not None:
        body["code"] = refusal.code
    if refusal.details is not None:
        body["details"] = refusal.details
    if refusal.rejected is not None:
        body["rejected"] = refusal.rejected
    return _encode(body)
