"""JSON into beacons. A batch is decoded in one go; only where that fails, event by event.

Decoders are strict: exact types, no unknown fields, UTF-8 only, no NaN, nothing after the document.
Activity and landing beacons keep unknown fields in `metadata`; that path decodes twice and is taken
only when there are any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.input.beacon import AnyBeacon, Input, replace_nuls
from storepulse.domain.redaction import redacted_text
from storepulse.gateway.answers import REQUIRED, Refused

#: Characters of a field's path or of a reason.
_MOST_SAID = 300
NUL_ESCAPE = b"\\u0000"
_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)`")


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


def translated(error: Exception) -> Rejected:
    """msgspec's and Python's words as field and reason. Never repeats the client's value."""
    if isinstance(error, RecursionError):
        return Rejected("", "is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return Rejected("", "The body is not valid UTF-8")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Rejected(
            "", f"The body is not valid JSON: {text.removeprefix('JSON is malformed: ')}"
        )
    place = _PLACE.search(text)
    path = place["path"] if place else ""
    reason = text[: place.start()] if place else text
    named = _NAMED.fullmatch(reason)
    if named:
        path = f"{path}.{named['name']}" if path else named["name"]
        reason = REQUIRED if named["what"].startswith("missing") else "is not a known field"
    elif reason.startswith("Invalid enum value"):
        reason = "is none of the known values"
    elif "out of range" in reason:
        reason = "is out of range"
    elif reason.startswith("Invalid RFC3339"):
        reason = "is no RFC 3339 time with a zone and no epoch number"
    else:
        reason = reason.replace("Expected", "wants").replace("`", "").replace(" | null", "")
    # Both may hold names that the client chose.
    path, reason = (redacted_text(said[:_MOST_SAID]) for said in (path, reason))
    return Rejected(path, reason) if path else Rejected("", f"The body {reason}")


_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


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
            try:
                raw = self._raw_batch(body)
            except _DECODE_ERRORS as error:
                raise translated(error) from None
            return self._one_by_one(raw.events, raw.key)
        return self._whole(decoded.events, decoded.key, body)

    def events(self, body: bytes | msgspec.Raw, key: str | None) -> Batch:
        """A bare list of events."""
        try:
            decoded = self._list(body)
        except _DECODE_ERRORS:
            try:
                raw = self._raw_list(body)
            except _DECODE_ERRORS as error:
                raise translated(error) from None
            return self._one_by_one(raw, key)
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
                batch.bad.append(BadEvent(index, error.field, error.reason, bytes(raw)))
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
            raise Refused(413, f"A batch holds at most {self._max_batch} events", "TOO_MANY_EVENTS")

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
