"""Answers to events as bytes: what was accepted, and the cart contract's envelope."""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse.gateway.decoding import BadEvent, BeaconBatch
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.streams.stream import Ignored

#: The header line of answers whose events are in the spool.
SPOOLED_LINE = b"x-durability: spooled\r\n"

encode = msgspec.json.Encoder().encode


def accepted_body(
    encoded: EncodedEvents,
    batch: BeaconBatch,
    correlation: str,
    debug: Any = None,
    *,
    spooled: bool = False,
    visitor: str = "",
) -> bytes:
    """The 202 body. Ids and `visitor` need no escaping: they are canonical, or safe in a cookie."""
    bad = batch.bad
    ids = [event_id for event_id in encoded.ids if event_id] if bad else encoded.ids
    listed = '","'.join(ids)
    rejected = encode(names_of(bad)).decode() if bad else "[]"
    body = (
        f'{{"status":"accepted","accepted":{len(ids)},"ids":["{listed}"],"rejected":{rejected},'
        f'"correlationId":"{correlation}"'
    )
    if encoded.warned:
        body += f',"warnings":{encode(_warnings_of(encoded, batch)).decode()}'
    if visitor:
        body += f',"visitorId":"{visitor}"'
    if spooled:
        body += ',"durability":"spooled"'
    return (body + ("}" if debug is None else f',"debug":{encode(debug).decode()}}}')).encode()


def ignored_body(ignored: Ignored, correlation: str) -> bytes:
    """The 200 body for a webhook without events for us."""
    return encode({"status": "ignored", "reason": ignored.reason, "correlationId": correlation})


def cart_body(public_id: str, created_at: str) -> bytes:
    """The cart contract's success envelope, byte for byte."""
    return (
        b'{"status":"success","message":"Cart event tracked successfully",'
        b'"data":{"id":"%s","createdAt":"%s"}}' % (public_id.encode(), created_at.encode())
    )


def cart_batch_body(encoded: EncodedEvents, batch: BeaconBatch) -> bytes:
    """One outcome for each event of a cart batch, in the order of the request."""
    outcomes: list[dict[str, Any]] = [
        {"index": event.index, "status": "error", **_name_of(event)} for event in batch.bad
    ]
    for at, record in enumerate(encoded.records):
        public = encoded.public[at]
        if record is not None and public is not None:
            receipt = {"id": public[0], "createdAt": public[1]}
            outcomes.append({"index": batch.index_of(at), "status": "success", "data": receipt})
    outcomes.sort(key=lambda outcome: outcome["index"])
    accepted = len(outcomes) - len(batch.bad)
    data: dict[str, Any] = {"accepted": accepted, "rejected": len(batch.bad), "results": outcomes}
    if encoded.warned:
        data["warnings"] = _warnings_of(encoded, batch)
    message = "Cart events tracked successfully"
    return encode({"status": "success", "message": message, "data": data})


def _warnings_of(encoded: EncodedEvents, batch: BeaconBatch) -> list[dict[str, Any]]:
    """The fields left out of accepted events, with the events' indexes in the request."""
    return [
        {"index": batch.index_of(at), "field": field, "reason": reason}
        for at, field, reason in encoded.left_out()
    ]


def segment_body(
    ids: list[str], bad: list[BadEvent], correlation: str, *, spooled: bool = False
) -> bytes:
    """The answer to Segment's clients, which expect `success`; the rest is as in other answers."""
    body: dict[str, Any] = {
        "success": True,
        "accepted": len(ids),
        "ids": ids,
        "rejected": [_name_of(event) for event in bad],
        "correlationId": correlation,
    }
    return encode(body | {"durability": "spooled"} if spooled else body)


def names_of(bad: list[BadEvent]) -> list[dict[str, Any]]:
    """The refused events of a batch, in the form of answers."""
    return [_name_of(event) for event in bad]


def _name_of(event: BadEvent) -> dict[str, Any]:
    named = {"index": event.index, "field": event.field, "reason": event.reason}
    return named if event.code is None else named | {"code": event.code}
