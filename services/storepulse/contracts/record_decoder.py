"""Avro decoding record by record: slower than by column, but it identifies bad records and
reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import fastavro

from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, Schema, schemas_by_id

_ID_FIELDS = ("event_id", "store_id")
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_is_canonical_uuid = re.compile(UUID_PATTERN[1:-1]).fullmatch


@dataclass(frozen=True)
class Bad:
    """A record that does not decode: its index in the slice, and the reason.

    `reason` is one of a few fixed phrases, for grouping; `message` has details. `is_undecodable` is
    False for a record that decodes but violates a rule of the envelope.
    """

    index: int
    reason: str
    field: str = ""
    message: str = ""
    is_undecodable: bool = True


@dataclass(frozen=True)
class GoodBodies:
    """Records that decode: their bodies in the current schema, and their indexes in the slice."""

    bodies: list[bytes]
    indexes: list[int]


def check_records(
    schema: Schema, values: Sequence[bytes | None], keys: Sequence[bytes | None]
) -> tuple[GoodBodies, list[Bad]]:
    """Decode each value separately, and encode the good ones with `schema`."""
    schemas = schemas_by_id()
    good = GoodBodies([], [])
    bad: list[Bad] = []
    for index, value in enumerate(values):
        try:
            good.bodies.append(_current_body(schema, schemas, value, keys[index]))
            good.indexes.append(index)
        except _Undecodable as error:
            bad.append(error.at(index))
    return good, bad


class _Undecodable(Exception):
    def __init__(
        self, reason: str, field: str = "", message: str = "", *, is_undecodable: bool = True
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.message = message
        self.is_undecodable = is_undecodable

    def at(self, index: int) -> Bad:
        """Describe the record at this index as a bad one."""
        return Bad(index, self.reason, self.field, self.message, is_undecodable=self.is_undecodable)


def _current_body(
    schema: Schema, schemas: dict[int, Schema], value: bytes | None, key: bytes | None
) -> bytes:
    """The value's body, checked to its last byte and encoded again with `schema`.

    It is encoded again even if it had this version, so that polars reads what fastavro read: the
    two may interpret a damaged body differently.
    """
    if value is None:
        raise _Undecodable("the value is null")
    if len(value) < HEADER_BYTES or value[:1] != MAGIC:
        raise _Undecodable("not Confluent's wire format")
    writer = schemas.get(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if writer is None or writer.stream != schema.stream:
        unknown = int.from_bytes(value[1:HEADER_BYTES], "big")
        raise _Undecodable("unknown schema", message=f"schema id {unknown}")
    body = value[HEADER_BYTES:]
    try:
        record: Any = writer.decode(body, ids_as_text=True)
    except Exception as error:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
        detail = f"{type(error).__name__}: {error}"
        raise _Undecodable("does not decode", message=detail) from None
    for name in _ID_FIELDS:
        if _is_canonical_uuid(record[name]) is None:
            raise _Undecodable("is not a UUID in lower case", name, is_undecodable=False)
    try:
        sent_key = None if key is None else key.decode()
    except UnicodeDecodeError:
        raise _Undecodable("the key is not UTF-8", "key") from None
    if sent_key != schema.key_of(record):
        wanted = f"must be the event's {', else '.join(schema.key)}"
        raise _Undecodable("the key is not the event's own", "key", wanted)
    for name, content in record.items():
        if isinstance(content, float) and content != content:  # noqa: PLR0124 - NaN
            raise _Undecodable("not a number", name)
        if type(content) is int and not -(2**31) <= content < 2**31 and name in schema.int_fields:
            raise _Undecodable("beyond 32 bits", name)
    written = BytesIO()
    try:
        fastavro.schemaless_writer(written, schema.parsed, record)
    except (ValueError, TypeError, OverflowError) as error:
        raise _Undecodable(
            "does not fit the current schema", message=f"{schema.document['name']}: {error}"
        ) from None
    return written.getvalue()
