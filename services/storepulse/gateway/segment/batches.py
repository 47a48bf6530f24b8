"""A call's beacons by stream, and its refused messages.

Refusals name the fields of the message, not those of the beacon made from it, and hold the message
as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import BadEvent, BeaconBatch, Decoding, has_nul
from storepulse.gateway.segment.calls import SegmentCall
from storepulse.gateway.segment.messages import NamesOf, told_by
from storepulse.gateway.segment.people import OURS
from storepulse.streams.beacon import replace_nuls

#: The stream that refused messages are counted in.
MAIN = "activity"

_NAMES = {
    "metadata": "properties",
    "visitor_id": "anonymousId",
    "customer_id": "userId",
    "customer_email": "traits.email",
    "name": "event",
    "page_url": "context.page.url",
    "referrer": "context.page.referrer",
    "user_agent": "context.userAgent",
    "session_id": "context.sessionId",
    "store_id": f"integrations.{OURS}.store_id",
    "items": "properties.products",
    "order_id": "properties.order_id",
    "value": "properties.value",
    "currency": "properties.currency",
    "product_id": "properties.product_id",
    "quantity": "properties.quantity",
}
#: Types whose free-form fields are traits.
_OF_PEOPLE = ("identify", "group")


@dataclass(slots=True)
class SegmentBatch(BeaconBatch):
    """Beacons of one stream. `addresses`: each beacon's address as its message states it; see
    `Told`."""

    call: SegmentCall | None = None
    addresses: list[str | None] = field(default_factory=list)

    def bad_event(self, at: int, rejected: Rejected) -> BadEvent:
        """Describe a decoded event as refused."""
        assert self.call is not None  # noqa: S101 - made with one
        return bad_message(self.call, self.index_of(at), rejected)


def batches_of(
    call: SegmentCall, decodings: Mapping[str, Decoding], names_of: NamesOf, *, is_trusted: bool
) -> dict[str, SegmentBatch]:
    """The batches of a call by stream. The one of `MAIN` always exists and has all bad messages."""
    batches: dict[str, SegmentBatch] = {MAIN: _empty(call)}
    for index in range(len(call.messages)):
        try:
            told = told_by(
                call.message(index),
                call.kind,
                names_of=names_of,
                is_trusted=is_trusted,
                sent_at=call.sent_at,
            )
            beacon = decodings[told.stream].beacon_of(told.fields)
            nuls = replace_nuls(beacon) if has_nul(call.messages[index]) else 0  # type: ignore[arg-type]
        except Rejected as rejected:
            batches[MAIN].bad.append(bad_message(call, index, rejected))
            continue
        batch = batches.setdefault(told.stream, _empty(call))
        batch.beacons.append(beacon)
        batch.addresses.append(told.address)
        batch.replaced_nuls += nuls
        assert batch.indexes is not None  # noqa: S101 - made with indexes
        batch.indexes.append(index)
    return batches


def _empty(call: SegmentCall) -> SegmentBatch:
    return SegmentBatch([], [], None, [], call=call)


def bad_message(call: SegmentCall, index: int, rejected: Rejected) -> BadEvent:
    """A refused message, with the field's name as in the message."""
    head, dot, rest = rejected.field.partition(".")
    bare, bracket, place = head.partition("[")
    name = _NAMES.get(bare, bare)
    if bare == "metadata" and _is_of_people(call, index):
        name = "traits"
    return BadEvent(
        index, f"{name}{bracket}{place}{dot}{rest}", rejected.reason, call.bytes_of(index)
    )


def _is_of_people(call: SegmentCall, index: int) -> bool:
    kind = call.kind
    if kind is None:
        try:
            message = call.message(index)
        except Rejected:
            return False
        kind = message.get("type") if isinstance(message, dict) else None
    return kind in _OF_PEOPLE
