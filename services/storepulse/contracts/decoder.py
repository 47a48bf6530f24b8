"""Avro decoding by column: a slice of Kafka values becomes one data frame.

The values are wrapped as one in-memory Avro file and read by polars, about ten times as fast as
record by record. Records are not delimited in such a file: a record with a byte too many or too few
would shift its neighbours. Therefore each value's header must decode before its record, the decoded
key column must equal the records' Kafka keys, and a sentinel after the last record must decode
unchanged. Where polars checks less than fastavro (ids, times), columns are checked. A slice with
several versions of a schema is read version by version; fields that an earlier version lacks are
null. On any error or mismatch, record_decoder.py decodes each record separately, which isolates the
bad ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl

from storepulse.contracts.container_file import SYNC, container, empty_frame, file_of, head_of
from storepulse.contracts.record_decoder import UUID_PATTERN, Bad, check_records
from storepulse.contracts.schemas import HEADER_BYTES, Schema, schema_of, schemas_of

_WIRE = "_wire"
#: The sentinel's id, random in each process, so that no record can pass for the sentinel.
_SENTINEL_ID = str(uuid4())
#: 0001-01-01 and 10000-01-01 in milliseconds: the range of timestamps in Python and PostgreSQL.
_TIMES = (-62_135_596_800_000, 253_402_300_800_000)


@dataclass(frozen=True)
class Decoded:
    """A decoded slice: one row per good record, with its index in the slice in column `_index`.

    Ids are UUIDs in canonical form, in lower case.
    """

    frame: pl.DataFrame
    bad: list[Bad] = field(default_factory=list)


def decode(schema: Schema, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded:
    """Decode a slice of a stream, written with `schema` or earlier versions of it.

    `keys` are the records' Kafka keys.
    """
    if values and None not in values:
        frame = _of_one_version(schema, values, keys)  # type: ignore[arg-type] # none is None
        if frame is None:
            frame = _of_versions(schema, values, keys)  # type: ignore[arg-type]
        else:
            frame = frame.with_row_index("_index")
        if frame is not None:
            return Decoded(frame)
    return _one_by_one(schema, values, keys)


def _of_one_version(
    schema: Schema, values: Sequence[bytes], keys: Sequence[bytes | None]
) -> pl.DataFrame | None:
    """The frame of values that were all written with `schema`, or None if it cannot be trusted."""
    key = pl.coalesce(*schema.key).cast(pl.Binary)
    return _whole(schema, values, [key == pl.lit(pl.Series(keys, dtype=pl.Binary()))])


def _of_versions(
    schema: Schema, values: Sequence[bytes], keys: Sequence[bytes | None]
) -> pl.DataFrame | None:
    """The frame of values of several versions, in order, with `_index`.

    None if some value is of no version, or the frame cannot be trusted.
    """
    indexes: dict[bytes, list[int]] = {}
    for index, value in enumerate(values):
        indexes.setdefault(value[:HEADER_BYTES], []).append(index)
    versions = {version.header: version for version in schemas_of(schema.stream)}
    if not indexes.keys() <= versions.keys() or indexes.keys() == {schema.header}:
        return None
    frames = []
    for header, of_version in indexes.items():
        frame = _of_one_version(
            versions[header], [values[i] for i in of_version], [keys[i] for i in of_version]
        )
        if frame is None:
            return None
        frames.append(
            as_today(schema.stream, frame).insert_column(
                0, pl.Series("_index", of_version, dtype=pl.UInt32)
            )
        )
    return pl.concat(frames).sort("_index")


@cache
def _columns_of_today(stream: str) -> pl.Schema:
    return empty_frame(schema_of(stream)).schema


def as_today(stream: str, frame: pl.DataFrame) -> pl.DataFrame:
    """An earlier version's frame with the columns of the last one; missing columns are null."""
    today = _columns_of_today(stream)
    if frame.columns == today.names():
        return frame
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in today.items()
    )


def decode_known(
    schema: Schema, values: Sequence[bytes], event_ids: Sequence[str], store_ids: Sequence[str]
) -> pl.DataFrame | None:
    """The frame of values that were all written with `schema`, with known ids in lower case.

    None if it cannot be trusted: each value must then be decoded separately.
    """

    columns = {"event_id": event_ids, "store_id": store_ids}
    expected = [
        pl.col(name) == pl.lit(pl.Series(ids, dtype=pl.String())) for name, ids in columns.items()
    ]
    return _whole(schema, values, expected)


def _whole(
    schema: Schema, values: Sequence[bytes], expected: Sequence[pl.Expr]
) -> pl.DataFrame | None:
    """The frame, or None if it cannot be trusted; `expected` are conditions on each row."""
    head, sentinel = _head_of_values(schema), _sentinel(schema)
    file = file_of(head, [*values, sentinel])
    if not _all_begin_with(schema.header, values, memoryview(file)[: -len(sentinel) - len(SYNC)]):
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
    # All conditions in one query: on a small slice, each query costs more than the data.
    conditions_of_rows = [pl.col(_WIRE) == schema.header, *expected, *_plausible(schema)]
    answers = frame.select(
        condition.fill_null(value=False).all().alias(str(number))
        for number, condition in enumerate(conditions_of_rows)
    )
    return frame.drop(_WIRE) if all(answers.row(0)) else None


def _all_begin_with(header: bytes, values: Sequence[bytes], content: memoryview) -> bool:
    """Whether all values start with `header`; `content` ends with the values."""
    sizes = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    if sizes.min() < len(header):
        return False
    starts = len(content) - sizes.sum() + np.cumsum(sizes) - sizes
    begins = np.frombuffer(content, np.uint8)[starts[:, None] + np.arange(len(header))]
    return bool((begins == np.frombuffer(header, np.uint8)).all())


@cache
def _head_of_values(schema: Schema) -> bytes:
    """The start of a file of whole values, in which each value's header is a field of its own."""
    wire = {
        "name": _WIRE,
        "type": {"type": "fixed", "name": "storepulse_wire", "size": HEADER_BYTES},
    }
    return head_of({**schema.document, "fields": [wire, *schema.document["fields"]]})


@cache
def _plausible(schema: Schema) -> list[pl.Expr]:
    """Conditions on columns with a logical type that polars does not check."""
    conditions = []
    for column in schema.document["fields"]:
        logical = column["type"].get("logicalType") if isinstance(column["type"], dict) else None
        value = pl.col(column["name"])
        if logical == "uuid":
            conditions.append(value.str.contains(UUID_PATTERN))
        elif logical == "timestamp-millis":
            conditions.append(value.dt.timestamp("ms").is_between(*_TIMES, closed="left"))
    return conditions


@cache
def _sentinel(schema: Schema) -> bytes:
    """A value that is empty except for its id."""
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
            empty = {"string": "", "boolean": False, "bytes": Decimal(0)}.get(kind, 0)
        record[column["name"]] = empty
    written = BytesIO()
    fastavro.schemaless_writer(written, schema.parsed, {**record, "event_id": _SENTINEL_ID})
    return schema.header + written.getvalue()


def _one_by_one(
    schema: Schema, values: Sequence[bytes | None], keys: Sequence[bytes | None]
) -> Decoded:
    good, bad = check_records(schema, values, keys)
    frame = (
        pl.read_avro(BytesIO(container(schema, good.bodies)))
        if good.bodies
        else empty_frame(schema)
    )
    return Decoded(frame.insert_column(0, pl.Series("_index", good.indexes, dtype=pl.UInt32)), bad)
