"""Answers as bytes: accepted beacons, the cart contract's envelope, errors in their one shape.

Every error of every endpoint looks like the cart contract's: status, error, message, and either
details (what is wrong with which field) or a code that programs can branch on.
"""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse.adapters.http.errors import Header, Refused, error_body
from storepulse.domain.errors import Rejected

__all__ = ["Header", "Refused", "error_body"]

JSON = b"application/json"
RETRY_AFTER_SECONDS = 2
#: On answers to events that are on our disk and not yet in Kafka.
SPOOLED_LINE = b"x-durability: spooled\r\n"
REQUIRED = "Field is required"

encode = msgspec.json.Encoder().encode


def unavailable(message: str, code: str, retry_after: int = RETRY_AFTER_SECONDS) -> Refused:
    """503 with Retry-After."""
    return Refused(503, message, code, headers=((b"retry-after", b"%d" % retry_after),))


def too_large(message: str) -> Refused:
    """413."""
    return Refused(413, message, "TOO_LARGE")


def sentence(rejected: Rejected) -> str:
    """`storeName is required`, `x is above 10000`."""
    if not rejected.field:
        return rejected.reason
    if rejected.reason == REQUIRED:
        return f"{rejected.field} is required"
    return f"{rejected.field} {rejected.reason}"


def invalid(rejected: Rejected) -> Refused:
    """400 that names the field and the reason."""
    return Refused(
        400,
        sentence(rejected),
        details={"field": rejected.field, "reason": rejected.reason},
    )


def accepted_body(
    ids: list[str],
    rejected: list[dict[str, Any]],
    correlation: str,
    debug: Any = None,
    *,
    spooled: bool = False,
) -> bytes:
    """The 202 body. Ids are our own canonical text: they need no escaping."""
    listed = '","'.join(ids)
    named = encode(rejected).decode() if rejected else "[]"
    body = (
        f'{{"status":"accepted","accepted":{len(ids)},"ids":["{listed}"],"rejected":{named},'
        f'"correlationId":"{correlation}"'
    )
    if spooled:
        body += ',"durability":"spooled"'
    return (body + ("}" if debug is None else f',"debug":{encode(debug).decode()}}}')).encode()


def cart_body(public_id: str, created_at: str) -> bytes:
    """The cart contract's success envelope, byte for byte."""
    return (
        b'{"status":"success","message":"Cart event tracked successfully",'
        b'"data":{"id":"%s","createdAt":"%s"}}' % (public_id.encode(), created_at.encode())
    )


def cart_batch_body(outcomes: list[dict[str, Any]]) -> bytes:
    """Per-event outcomes of a cart batch, in the order of the request."""
    good = sum(outcome["status"] == "success" for outcome in outcomes)
    return encode(
        {
            "status": "success",
            "message": "Cart events tracked successfully",
            "data": {"accepted": good, "rejected": len(outcomes) - good, "results": outcomes},
        }
    )
