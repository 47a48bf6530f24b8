"""Avro decoding by column: a slice of Kafka values becomes one data frame.

The values are wrapped as one in-memory Avro file and read by polars, about ten times as fast as
record by record. They are not delimited in such a file: a record with a byte too many or too few
would shift its neighbours. So each value's header must come out before its record, the decoded key
column must equal the records' Kafka keys, and a sentinel after the last record must come out as it
went in. What polars takes more lightly than
fastavro (ids, times) is checked by column. On any error or mismatch, and for slices of mixed
schemas, records are decoded one by one, which isolates the bad ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl

from storepulse.contracts.encoder import zigzag
from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, Schema, schemas_by_id

_SYNC = b"storepulse-slice"
_WIRE = "_wire"
#: Id of the sentinel: of this process alone, so that no record can pass for it.
_SENTINEL_ID = str(uuid4())
_ID_FIELDS = ("event_id", "store_id")
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_is_canonical_uuid = re.compile(_UUID[1:-1]).fullmatch
#: 0001-01-01 and 10000-01-01 in milliseconds: what a timestamp of Python and PostgreSQL holds.
_TIMES = (-62_135_596_800_000, 253_402_300_800_000)


@dataclass(frozen=True)
class Bad:
    """A record that does not decode: its index in the slice, and why.

    `reason` is one of a few fixed phrases, for grouping; `message` says more. An event whose bytes
    break a rule of the envelope is not `is_undecodable`.
    """

    index: int
    reason: str
    field: str = ""
    message: str = ""
    is_undecodable: bool = True


@dataclass(frozen=True)
class Decoded:
    """A decoded slice: one row a good record, its index in the slice in column `_index`.

    Ids are in the canonical form of UUIDs, in lower case.
    """

    frame: pl.DataFrame
    bad: list[Bad] = field(default_factory=list)


def container(schema: Schema, bodies: Sequence[bytes]) -> bytes:
    """An Avro object container file of one uncompressed block."""
    return _file(_head(schema.document), bodies)


def _head(document: dict[str, Any]) -> bytes:
    text = json.dumps(document).encode()
    begin = b"Obj\x01\x04\x14avro.codec\x08null\x16avro.schema"
    return b"".join((begin, zigzag(len(text)), text, b"\x00", _SYNC))


def _file(head: bytes, bodies: Sequence[bytes]) -> bytes:
    size = sum(map(len, bodies))
    return b"".join((head, zigzag(len(bodies)), zigzag(size), *bodies, _SYNC))


def frame_of(schema: Schema, values: Sequence[bytes]) -> pl.DataFrame:
    """The frame of values (header included) that were all written with `schema`."""
    return pl.read_avro(BytesIO(container(schema, [v[HEADER_BYTES:] for v in values])))


def decode(schema: Schema, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded:
    """Decodes a slice of a stream written with `schema` or an earlier version of it.

    `keys` are the records' Kafka keys: the session id, else the store id.
    """
    if values and None not in values:
        session_or_store = pl.coalesce("session_id", "store_id").cast(pl.Binary)
        expected = session_or_store == pl.lit(pl.Series(keys, dtype=pl.Binary()))
        frame = _whole(schema, values, [expected])  # type: ignore[arg-type] # none is None
        if frame is not None:
            return Decoded(frame.with_row_index("_index"))
    return _one_by_one(schema, values, keys)


def decode_known(
    schema: Schema, values: Sequence[bytes], event_ids: Sequence[str], store_ids: Sequence[str]
) -> pl.DataFrame | None:
    """The frame of values, all written with `schema`, whose ids are known, in lower case.

    None where it cannot be trusted: then each is to be decoded by itself.
    """

    columns = {"event_id": event_ids, "store_id": store_ids}
    expected = [
        pl.col(name) == pl.lit(pl.Series(ids, dtype=pl.String())) for name, ids in columns.items()
    ]
    return _whole(schema, values, expected)


def _whole(
    schema: Schema, values: Sequence[bytes], expected: Sequence[pl.Expr]
) -> pl.DataFrame | None:
    """The frame, or None where it cannot be trusted; `expected`: what is to be true of each row."""
    head, sentinel = _head_of_values(schema), _sentinel(schema)
    file = _file(head, [*values, sentinel])
    if not _all_begin_with(schema.header, values, memoryview(file)[: -len(sentinel) - len(_SYNC)]):
        return None
    try:
        frame = pl.read_avro(BytesIO(file))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return None
    if frame.height != len(values) + 1:
        return None
    if (frame[_WIRE][-1], frame["event_id"][-1]) != (schema.header, _SENTINEL_ID):
        return None
    frame = frame[:-1]
    # All questions at once: on a small slice each step by itself costs more than what it looks at.
    conditions_of_rows = [pl.col(_WIRE) == schema.header, *expected, *_plausible(schema)]
    answers = frame.select(
        condition.fill_null(value=False).all().alias(str(number))
        for number, condition in enumerate(conditions_of_rows)
    )
    return frame.drop(_WIRE) if all(answers.row(0)) else None


def _all_begin_with(header: bytes, values: Sequence[bytes], content: memoryview) -> bool:
    """Whether each value does; `content` ends with them."""
    sizes = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    if sizes.min() < len(header):
        return False
    starts = len(content) - sizes.sum() + np.cumsum(sizes) - sizes
    begins = np.frombuffer(content, np.uint8)[starts[:, None] + np.arange(len(header))]
    return bool((begins == np.frombuffer(header, np.uint8)).all())


@cache
def _head_of_values(schema: Schema) -> bytes:
    """The begin of a file of whole values: each one's header is a field of its own."""
    wire = {
        "name": _WIRE,
        "type": {"type": "fixed", "name": "storepulse_wire", "size": HEADER_BYTES},
    }
    return _head({**schema.document, "fields": [wire, *schema.document["fields"]]})


@cache
def _plausible(schema: Schema) -> list[pl.Expr]:
    """What is to be true of the columns with a logical type that polars does not check."""
    conditions = []
    for column in schema.document["fields"]:
        logical = column["type"].get("logicalType") if isinstance(column["type"], dict) else None
        value = pl.col(column["name"])
        if logical == "uuid":
            conditions.append(value.str.contains(_UUID))
        elif logical == "timestamp-millis":
            conditions.append(value.dt.timestamp("ms").is_between(*_TIMES, closed="left"))
    return conditions


@cache
def _sentinel(schema: Schema) -> bytes:
    """A value with nothing in it but its id."""
    import fastavro

    record: dict[str, Any] = {}
    for column in schema.document["fields"]:
        avro_type = column["type"]
        kind = avro_type["type"] if isinstance(avro_type, dict) else avro_type
        if isinstance(avro_type, list):
            empty: Any = None
        elif kind == "enum":
            empty = avro_type["symbols"][0]
        else:
            empty = {"string": "", "boolean": False}.get(kind, 0)
        record[column["name"]] = empty
    written = BytesIO()
    fastavro.schemaless_writer(written, schema.parsed, {**record, "event_id": _SENTINEL_ID})
    return schema.header + written.getvalue()


def _one_by_one(
    schema: Schema, values: Sequence[bytes | None], keys: Sequence[bytes | None]
) -> Decoded:
    schemas = schemas_by_id()
    good: list[int] = []
    bodies: list[bytes] = []
    bad: list[Bad] = []
    for index, value in enumerate(values):
        try:
            bodies.append(_current_body(schema, schemas, value, keys[index]))
            good.append(index)
        except _Undecodable as error:
            bad.append(
                Bad(
                    index,
                    error.reason,
                    error.field,
                    error.message,
                    is_undecodable=error.is_undecodable,
                )
            )
    frame = pl.read_avro(BytesIO(container(schema, bodies))) if bodies else empty_frame(schema)
    return Decoded(frame.insert_column(0, pl.Series("_index", good, dtype=pl.UInt32)), bad)


class _Undecodable(Exception):
    def __init__(
        self, reason: str, field: str = "", message: str = "", *, is_undecodable: bool = True
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.message = message
        self.is_undecodable = is_undecodable


def _current_body(
    schema: Schema, schemas: dict[int, Schema], value: bytes | None, key: bytes | None
) -> bytes:
    """The value's body, checked to its last byte and written again as `schema`'s own version.

    Written again also where it was this version, so that polars reads what fastavro read: of a
    damaged body the two may make different things.
    """
    import fastavro

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
            raise _Undecodable("is no UUID in lower case", name, is_undecodable=False)
    try:
        sent_key = None if key is None else key.decode()
    except UnicodeDecodeError:
        raise _Undecodable("the key is not UTF-8", "key") from None
    if sent_key != (record["session_id"] or str(record["store_id"])):
        raise _Undecodable("the key is not the event's session or store", "key")
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


def empty_frame(schema: Schema) -> pl.DataFrame:
    """A frame with the schema's columns and no rows."""
    return pl.read_avro(BytesIO(container(schema, [])))
