"""Answers as bytes: accepted beacons, the cart contract's envelope, errors in their one shape.

Every error of every endpoint looks like the cart contract's: status, error, message, and either
details (what is wrong with which field) or a code that programs can branch on.
"""

from __future__ import annotations

from typing import Any

import msgspec

JSON = b"application/json"
#: On answers to events that are on our disk and not yet in Kafka.
SPOOLED_LINE = b"x-durability: spooled\r\n"

encode = msgspec.json.Encoder().encode


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
