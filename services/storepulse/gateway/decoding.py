"""JSON into beacons. A batch is decoded in one go; only where that fails, event by event.

Decoders are strict: exact types, no unknown fields, UTF-8 only, no NaN, nothing after the document.
Activity and landing beacons keep unknown fields in `metadata`; that path decodes twice and is taken
only when there are any.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import AnyBeacon, Input, replace_nuls
from storepulse.streams.wording import translated

T = TypeVar("T")

NUL_ESCAPE = b"\\u0000"


#: What other clients call the field of the key.
KEY_NAMES = frozenset({"writeKey", "write_key", "apiKey", "api_key"})


def has_nul(body: bytes) -> bool:
    """Whether JSON may hold an escaped NUL. One byte is sought much faster than six."""
    return b"\\" in body and NUL_ESCAPE in body


class RawBatch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A batch whose events are not decoded yet."""

    events: list[msgspec.Raw]
    key: str | None = None


class StreamBatch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A batch that names its stream: the body of `/collect`."""

    stream: str
    events: msgspec.Raw
    key: str | None = None


@dataclass(slots=True)
class BadEvent:
    """An event of a batch that is refused: its place, why, and its own bytes."""

    index: int
    field: str
    reason: str
    raw: bytes


@dataclass(slots=True)
class Batch:
    """Decoded events, those that do not decode, and the places of the former (None: in order)."""

    beacons: list[AnyBeacon]
    bad: list[BadEvent]
    key: str | None
    places: list[int] | None = None
    replaced_nuls: int = 0


_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

#: Escapes in order, so that a backslash which is escaped itself begins none: whole surrogate pairs,
#: halves of one, any other.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
#: Stands for the backslash of an escaped half: no UTF-8, so that its own event alone is refused.
_HALF = b"\xff\xfeu"


def whole_but_for_halves(decode: Callable[[bytes], T], body: bytes) -> T:
    """What a decoder of batches makes of a body, in which events may hold half a surrogate pair.

    Clients cut emojis in two. To the decoder that is no JSON at all, which would cost the other
    events; marked, the events that hold one are refused by themselves. Raises Rejected.
    """
    try:
        return decode(body)
    except _DECODE_ERRORS as error:
        marked = _ESCAPES.sub(_marked, body)
        if marked == body:
            raise translated(error) from None
        try:
            return decode(marked)
        except _DECODE_ERRORS:
            raise translated(error) from None


def _marked(escape: re.Match[bytes]) -> bytes:
    return _HALF + escape["half"][2:] if escape["half"] else escape[0]


class Decoding:
    """The decoders of one stream."""

    def __init__(self, stream_input: Input, max_batch: int) -> None:
        beacon: Any = stream_input.beacon
        self.input = stream_input
        self._max_batch = max_batch
        self._one = msgspec.json.Decoder(beacon).decode
        batch = msgspec.defstruct(
            f"{beacon.__name__}Batch",
            [("events", list[beacon]), ("key", str | None, None)],
            forbid_unknown_fields=True,
            gc=False,
        )
        self.batch_type = batch
        self._batch = msgspec.json.Decoder(batch).decode
        self._list = msgspec.json.Decoder(list[beacon]).decode
        self._raw_batch = msgspec.json.Decoder(RawBatch).decode
        self._raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
        self._fields = frozenset(beacon.__struct_encode_fields__)

    def one(self, body: bytes) -> Batch:
        """A batch of the one beacon that the body is. Raises Rejected."""
        beacon = self._decode_one(body)
        nuls = replace_nuls(beacon) if has_nul(body) else 0  # type: ignore[arg-type]
        return Batch([beacon], [], beacon.key, None, nuls)

    def batch(self, body: bytes) -> Batch:
        """`{"events": […]}`. Raises Rejected where the document as a whole is wrong."""
        try:
            decoded: Any = self._batch(body)
        except _DECODE_ERRORS:
            raw = whole_but_for_halves(self._raw_batch, body)
            return self._one_by_one(raw.events, raw.key)
        return self._whole(decoded.events, decoded.key, body)

    def events(self, body: bytes | msgspec.Raw, key: str | None) -> Batch:
        """A bare list of events."""
        try:
            decoded = self._list(body)
        except _DECODE_ERRORS:
            return self._one_by_one(whole_but_for_halves(self._raw_list, bytes(body)), key)
        return self._whole(decoded, key, bytes(body))

    def _whole(self, events: list[Any], key: str | None, body: bytes) -> Batch:
        self._check_count(len(events))
        if not has_nul(body):
            return Batch(events, [], key)
        batch = Batch([], [], key, [])
        for index, beacon in enumerate(events):
            self._take(batch, index, beacon, msgspec.json.encode(beacon))
        return batch

    def _one_by_one(self, raws: list[msgspec.Raw], key: str | None) -> Batch:
        self._check_count(len(raws))
        batch = Batch([], [], key, [])
        for index, raw in enumerate(raws):
            try:
                beacon = self._decode_one(raw)
            except Rejected as error:
                sent, reason = bytes(raw), error.reason
                if _HALF in sent:
                    sent, reason = sent.replace(_HALF, b"\\u"), "holds half of a surrogate pair"
                batch.bad.append(BadEvent(index, error.field, reason, sent))
                continue
            self._take(batch, index, beacon, bytes(raw))
        return batch

    def _take(self, batch: Batch, index: int, beacon: Any, raw: bytes) -> None:
        try:
            if NUL_ESCAPE in raw:
                batch.replaced_nuls += replace_nuls(beacon)
        except Rejected as error:
            batch.bad.append(BadEvent(index, error.field, error.reason, raw))
        else:
            batch.beacons.append(beacon)
            assert batch.places is not None  # noqa: S101 - made with places
            batch.places.append(index)

    def _check_count(self, count: int) -> None:
        if count == 0:
            raise Rejected("events", "is empty")
        if count > self._max_batch:
            raise RequestRefused(
                413, f"A batch holds at most {self._max_batch} events", "TOO_MANY_EVENTS"
            )

    def _decode_one(self, body: bytes | msgspec.Raw) -> AnyBeacon:
        try:
            beacon: AnyBeacon = self._one(body)
        except _DECODE_ERRORS as error:
            if self.input.keeps_unknown and "unknown field" in str(error):
                return self._loosely(body)
            raise translated(error) from None
        return beacon

    def _loosely(self, body: bytes | msgspec.Raw) -> AnyBeacon:
        """Decodes again with the unknown fields moved into `metadata`; sent metadata wins."""
        try:
            fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            unknown = {
                name: msgspec.json.decode(fields.pop(name))
                for name in list(fields)
                if name not in self._fields
            }
            # A key under another client's name for it says who sends, and is nothing to keep.
            unknown = {name: value for name, value in unknown.items() if name not in KEY_NAMES}
            beacon: Any = self._one(msgspec.json.encode(fields))
        except _DECODE_ERRORS as error:
            raise translated(error) from None
        beacon.metadata = {**unknown, **(beacon.metadata or {})}
        result: AnyBeacon = beacon
        return result
