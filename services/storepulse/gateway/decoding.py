"""Decode JSON into beacons. A batch is decoded in one go, and event by event only if that fails.

Decoders are strict: exact types, no unknown fields, UTF-8 only, no NaN, nothing after the document.
Activity and landing beacons keep unknown fields in `metadata`; that path decodes twice and is taken
only if there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.envelope import Timestamp
from storepulse.domain.errors import Rejected
from storepulse.gateway.half_surrogates import (
    DECODE_ERRORS,
    decode_around_faults,
    refusal_of,
    restore_event,
)
from storepulse.streams.beacon import AnyBeacon, Input, folded_type, replace_nuls
from storepulse.streams.wording import translated

NUL_ESCAPE = b"\\u0000"


#: Other clients' names for the field of the key.
KEY_NAMES = frozenset({"writeKey", "write_key", "apiKey", "api_key"})


def has_nul(body: bytes) -> bool:
    """Whether JSON may hold an escaped NUL. Searching one byte first is much faster than searching
    six."""
    return b"\\" in body and NUL_ESCAPE in body


def json_of(beacon: Any) -> bytes:
    """Encode a beacon as JSON again; b"" if JSON cannot hold it, for example integers beyond 64
    bits."""
    try:
        return msgspec.json.encode(beacon)
    except (ValueError, OverflowError, TypeError, RecursionError):
        return b""


class StreamBatch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A batch that names its stream: the body of `/collect`."""

    stream: str
    events: msgspec.Raw
    key: str | None = None
    sent_at: Timestamp | None = None


class _Shape(msgspec.Struct, gc=False):
    """The field that distinguishes a batch from a single event."""

    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_shape = msgspec.json.Decoder(_Shape).decode
_JSON_SPACE = b" \t\r\n"


@dataclass(slots=True)
class BadEvent:
    """A refused event of a batch: its index, the reason and its own bytes.

    `code` is a machine-readable word, set if the event may be sent again unchanged.
    """

    index: int
    field: str
    reason: str
    raw: bytes
    code: str | None = None


@dataclass(slots=True)
class BeaconBatch:
    """Decoded events, those that did not decode, and the request's indexes of the decoded ones.

    `indexes` is None if all events decoded: they are then in order.
    """

    beacons: list[AnyBeacon]
    bad: list[BadEvent]
    key: str | None
    indexes: list[int] | None = None
    replaced_nuls: int = 0
    #: Whether the body is a single event and not a list.
    is_one: bool = False
    #: When the sender says it sent the batch.
    sent_at: Any = None

    def index_of(self, at: int) -> int:
        """The index in the request of the decoded event at `at`."""
        return at if self.indexes is None else self.indexes[at]

    def bad_event(self, at: int, rejected: Rejected) -> BadEvent:
        """Describe the decoded event at `at` as refused."""
        raw = json_of(self.beacons[at])
        return BadEvent(self.index_of(at), rejected.field, rejected.reason, raw)


class Decoding:
    """The decoders of one stream."""

    def __init__(self, stream_input: Input, max_batch: int) -> None:
        beacon: Any = stream_input.beacon
        self.input = stream_input
        self._max_batch = max_batch
        self._one = msgspec.json.Decoder(beacon).decode
        # The name of `sent_at` follows the beacon's own case, which may be camelCase.
        names = dict(zip(beacon.__struct_fields__, beacon.__struct_encode_fields__, strict=True))
        sent_at = ("sent_at", Timestamp | None, msgspec.field(name=names["sent_at"], default=None))

        def batch_of(name: str, event: Any) -> Any:
            fields: list[Any] = [("events", list[event]), ("key", str | None, None), sent_at]
            return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False)

        batch = batch_of(f"{beacon.__name__}Batch", beacon)
        #: The same batch with events left undecoded.
        raw_batch = batch_of("RawBatch", msgspec.Raw)
        self.batch_type = batch
        self._batch = msgspec.json.Decoder(batch).decode
        self._list = msgspec.json.Decoder(list[beacon]).decode
        self._raw_batch = msgspec.json.Decoder(raw_batch).decode
        self._raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
        self._fields = frozenset(beacon.__struct_encode_fields__)
        self._types = {folded_type(name): name for name in stream_input.types}

    def decode_one(self, body: bytes) -> BeaconBatch:
        """Decode the body as one beacon. Raises Rejected."""
        beacon = self._decode_beacon(body)
        nuls = replace_nuls(beacon) if has_nul(body) else 0  # type: ignore[arg-type]
        return BeaconBatch([beacon], [], beacon.key, None, nuls, is_one=True)

    def decode_any(self, body: bytes) -> BeaconBatch:
        """Decode one beacon, a bare list or `{"events": […]}`, whichever the body is. Raises
        Rejected."""
        if body.lstrip(_JSON_SPACE).startswith(b"["):
            return self.decode_events(body, None)
        if decode_around_faults(_decode_shape, body).events is not msgspec.UNSET:
            return self.decode_batch(body)
        return self.decode_one(body)

    def decode_batch(self, body: bytes) -> BeaconBatch:
        """Decode `{"events": […]}`. Raises Rejected if the document as a whole is wrong."""
        try:
            decoded: Any = self._batch(body)
        except DECODE_ERRORS:
            raw: Any = decode_around_faults(self._raw_batch, body)
            result = self._decode_one_by_one(raw.events, raw.key)
            result.sent_at = raw.sent_at
            return result
        result = self._batch_of(decoded.events, decoded.key, body)
        result.sent_at = decoded.sent_at
        return result

    def decode_events(
        self, body: bytes | msgspec.Raw, key: str | None, sent_at: Any = None
    ) -> BeaconBatch:
        """Decode a bare list of events."""
        try:
            decoded = self._list(body)
        except DECODE_ERRORS:
            raws = decode_around_faults(self._raw_list, bytes(body))
            result = self._decode_one_by_one(raws, key)
        else:
            result = self._batch_of(decoded, key, bytes(body))
        result.sent_at = sent_at
        return result

    def beacon_of(self, fields: dict[str, Any]) -> AnyBeacon:
        """The beacon with these fields, under their JSON names. Raises Rejected."""
        try:
            beacon: AnyBeacon = msgspec.convert(fields, self.input.beacon)  # type: ignore[assignment]
        except msgspec.ValidationError as error:
            raise translated(error) from None
        return beacon

    def _batch_of(self, events: list[Any], key: str | None, body: bytes) -> BeaconBatch:
        self._check_count(len(events))
        if not has_nul(body):
            return BeaconBatch(events, [], key)
        batch = BeaconBatch([], [], key, [])
        for index, beacon in enumerate(events):
            self._add(batch, index, beacon, json_of(beacon))
        return batch

    def _decode_one_by_one(self, raws: list[msgspec.Raw], key: str | None) -> BeaconBatch:
        self._check_count(len(raws))
        batch = BeaconBatch([], [], key, [])
        for index, raw in enumerate(raws):
            try:
                beacon = self._decode_beacon(raw)
            except Rejected as error:
                sent = restore_event(bytes(raw))
                batch.bad.append(BadEvent(index, error.field, error.reason, sent))
                continue
            self._add(batch, index, beacon, bytes(raw))
        return batch

    def _add(self, batch: BeaconBatch, index: int, beacon: Any, raw: bytes) -> None:
        try:
            if NUL_ESCAPE in raw:
                batch.replaced_nuls += replace_nuls(beacon)
        except Rejected as error:
            batch.bad.append(BadEvent(index, error.field, error.reason, raw))
        else:
            batch.beacons.append(beacon)
            assert batch.indexes is not None  # noqa: S101 - made with indexes
            batch.indexes.append(index)

    def _check_count(self, count: int) -> None:
        if count == 0:
            raise Rejected("events", "is empty")
        if count > self._max_batch:
            raise RequestRefused(
                413, f"A batch holds at most {self._max_batch} events", "TOO_MANY_EVENTS"
            )

    def _decode_beacon(self, body: bytes | msgspec.Raw) -> AnyBeacon:
        try:
            beacon: AnyBeacon = self._one(body)
        except DECODE_ERRORS as error:
            said = str(error)
            may_pass = "unknown field" in said if self.input.keeps_unknown else False
            if may_pass or (self._types and "enum value" in said):
                return self._decode_loosely(body)
            raise refusal_of(error, body) from None
        return beacon

    def _decode_loosely(self, body: bytes | msgspec.Raw) -> AnyBeacon:
        """Decode again with the type's known name and, if allowed, unknown fields moved into
        `metadata`.

        Metadata that was sent wins.
        """
        try:
            fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            self._name_type(fields)
            unknown = {
                name: msgspec.json.decode(fields.pop(name))
                for name in list(fields)
                if self.input.keeps_unknown and name not in self._fields
            }
            # A key under another client's name identifies the sender; it must not be stored.
            unknown = {name: value for name, value in unknown.items() if name not in KEY_NAMES}
            beacon: Any = self._one(msgspec.json.encode(fields))
        except DECODE_ERRORS as error:
            raise refusal_of(error, body) from None
        if unknown:
            beacon.metadata = {**unknown, **(beacon.metadata or {})}
        result: AnyBeacon = beacon
        return result

    def _name_type(self, fields: dict[str, msgspec.Raw]) -> None:
        """Replace a type sent in other case or with other underscores by its known name."""
        name = self.input.type_field
        if name is None or name not in fields:
            return
        sent = msgspec.json.decode(fields[name])
        known = self._types.get(folded_type(sent)) if isinstance(sent, str) else None
        if known is not None:
            fields[name] = msgspec.Raw(msgspec.json.encode(known))
