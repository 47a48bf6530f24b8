"""Convert a record to JSON, for display and for patches, and back to bytes.

In JSON, times are ISO 8601 in UTC with milliseconds, money is a decimal string, ids are text;
everything else is as in Avro. The conversion to bytes enforces the schema: an unknown field, a
wrong type, an unknown enum symbol, and a number with too many bits or digits are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zlib import crc32

from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, Schema, schema_of, schemas_by_id
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_session, is_uuid
from storepulse.domain.times import utc_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT_BITS = {"int": 31, "long": 63}
#: Computed for every event that is written; it covers the stream's own fields.
CHECKSUM = "content_crc"


class Undecodable(Exception):
    """Bytes that are no event of any stream; the text has the reason."""


def decode_event(value: bytes | None) -> tuple[Schema, dict[str, Any]]:
    """The writer's schema and the event in JSON form. Raises Undecodable."""
    if value is None:
        raise Undecodable("the value is null")
    if len(value) < HEADER_BYTES or value[:1] != MAGIC:
        raise Undecodable("the value is not in Confluent's wire format")
    schema_id = int.from_bytes(value[1:HEADER_BYTES], "big")
    schema = schemas_by_id().get(schema_id)
    if schema is None:
        raise Undecodable(f"schema id {schema_id} is unknown")
    try:
        record: Any = schema.decode(value[HEADER_BYTES:])
        return schema, {name: _json_of(content) for name, content in record.items()}
    except Exception as error:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
        raise Undecodable(f"{type(error).__name__}: {error}") from None


def _json_of(content: Any) -> Any:
    match content:
        case datetime():
            return utc_text(content)
        case Decimal():
            return f"{content:f}"
        case UUID():
            return str(content)
    return content


def encode_event(stream: str, event: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Key and value of an event in JSON form, with the stream's current schema.

    Missing fields take the schema's default. Raises Rejected with the field's name.
    """
    schema, encoder = schema_of(stream), encoder_of(stream)
    for name in event:
        if name not in schema.field_names:
            raise Rejected(str(name), f"is not a field of {stream} events")
    record: dict[str, Any] = {}
    for field in schema.document["fields"]:
        name = field["name"]
        if name not in event and "default" not in field:
            raise Rejected(name, "is missing")
        record[name] = _native_of(name, field["type"], event.get(name, field.get("default")))
    session = record["session_id"]
    if session is not None and is_session(session) is None:
        raise Rejected("session_id", "must be 1 to 128 letters, digits, - or _")
    try:
        own = encoder.own(*(record[name] for name in encoder.own_fields))
        crc = crc32(own)
        record[CHECKSUM] = crc - (1 << 32) if crc >= 1 << 31 else crc
        head = encoder.head(*(record[name] for name in encoder.head_fields))
        tail = encoder.tail(*(record[name] for name in encoder.tail_fields))
    except ValueError as error:
        raise Rejected("", f"cannot be written: {error}") from None
    return schema.key_of(record).encode(), encoder.header + head + own + tail


def _native_of(name: str, avro_type: Any, content: Any) -> Any:  # noqa: PLR0912 - one branch a type
    """The encoder's form of a field's value. Raises Rejected."""
    if isinstance(avro_type, list):
        if content is None:
            return None
        avro_type = avro_type[1]
    if content is None:
        raise Rejected(name, "must not be null")
    kind = avro_type["type"] if isinstance(avro_type, dict) else avro_type
    logical = avro_type.get("logicalType") if isinstance(avro_type, dict) else None
    if logical == "timestamp-millis":
        return _milliseconds_of(name, content)
    if logical == "decimal":
        return _decimal_of(name, content, avro_type["precision"], avro_type["scale"])
    if kind in _INT_BITS:
        if type(content) is not int:
            raise Rejected(name, f"must be a whole number, not {_kind_of(content)}")
        if not -(1 << _INT_BITS[kind]) <= content < 1 << _INT_BITS[kind]:
            raise Rejected(name, f"does not fit {_INT_BITS[kind] + 1} bits")
        return content
    if kind == "boolean":
        if type(content) is not bool:
            raise Rejected(name, f"must be true or false, not {_kind_of(content)}")
        return content
    if not isinstance(content, str):
        raise Rejected(name, f"must be text, not {_kind_of(content)}")
    if kind == "enum" and content not in avro_type["symbols"]:
        raise Rejected(name, f"must be one of {', '.join(avro_type['symbols'])}")
    if logical == "uuid":
        if is_uuid(content) is None:
            raise Rejected(name, "is not a UUID")
        return content.lower()
    if "\0" in content:
        raise Rejected(name, "holds a NUL character")
    if not _is_unicode(content):
        raise Rejected(name, "holds half a character")
    return content


def _milliseconds_of(name: str, content: Any) -> int:
    try:
        at = datetime.fromisoformat(content)
        if at.tzinfo is not None:
            return (at - _EPOCH) // _MILLISECOND
    except (TypeError, ValueError, OverflowError):
        pass
    raise Rejected(name, "must be a time with a zone, such as 2026-01-31T08:00:00.000Z")


def _decimal_of(name: str, content: Any, precision: int, scale: int) -> Decimal:
    if not isinstance(content, str):
        raise Rejected(name, f'must be a decimal as text, such as "19.99", not {_kind_of(content)}')
    try:
        amount = Decimal(content)
    except InvalidOperation:
        raise Rejected(name, "is not a decimal") from None
    if not amount.is_finite() or amount.adjusted() >= precision - scale:
        raise Rejected(name, f"must have at most {precision - scale} digits before the point")
    if amount != amount.quantize(Decimal(1).scaleb(-scale)):
        raise Rejected(name, f"must have at most {scale} decimals")
    return amount


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind_of(content: Any) -> str:
    """The kind of a JSON value, in words."""
    match content:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"
