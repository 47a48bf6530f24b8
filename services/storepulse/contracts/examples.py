"""Example records beside the schemas: `examples/<stream>.v1/{valid,invalid}/<name>.json`.

A valid example is a record in fastavro's form, with timestamps in milliseconds and decimals as
strings. An invalid one is `{"reason": …, "record": …}`: a record that every writer must refuse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any, Literal
from uuid import UUID

import fastavro
import polars as pl
from fastavro.validation import ValidationError, validate

from storepulse.contracts.decoder import decode
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.files import SCHEMA_FILES
from storepulse.contracts.schemas import HEADER_BYTES, Schema

ExampleRecord = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """One example file."""

    name: str
    record: ExampleRecord
    reason: str = ""


def read_examples(stream: str, kind: Literal["valid", "invalid"]) -> list[Example]:
    """The examples of a stream, sorted by name."""
    folder = SCHEMA_FILES / "examples" / f"{stream}.v1" / kind
    listed = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if kind == "valid":
            listed.append(Example(path.stem, document))
        else:
            listed.append(Example(path.stem, document["record"], document["reason"]))
    return listed


def own_type_of(avro_type: Any) -> Any:
    """The type of a field, without `null` of a union."""
    return avro_type[1] if isinstance(avro_type, list) else avro_type


def logical_type_of(avro_type: Any) -> str | None:
    """The logical type of a field, without `null` of a union."""
    inner = own_type_of(avro_type)
    return inner.get("logicalType") if isinstance(inner, dict) else None


def native_of(schema: Schema, record: ExampleRecord) -> ExampleRecord:
    """An example's record with Decimal objects for its decimals.

    Raises ValueError for unknown fields and malformed decimals or ids.
    """
    unknown = set(record) - set(schema.field_names)
    if unknown:
        raise ValueError(f"{min(unknown)} is not a field")
    native = dict(record)
    for field in schema.document["fields"]:
        value = record.get(field["name"])
        if logical_type_of(field["type"]) == "decimal" and value is not None:
            try:
                native[field["name"]] = Decimal(value)
            except (InvalidOperation, TypeError):
                raise ValueError(f"{field['name']} is not a decimal") from None
        if logical_type_of(field["type"]) == "uuid" and isinstance(value, str):
            UUID(value)
    return native


def encode_record(schema: Schema, record: ExampleRecord) -> bytes:
    """Encode a native record with the generated encoder, header included."""
    encoder = encoder_of(schema.stream)
    parts = (
        (encoder.head, encoder.head_fields),
        (encoder.own, encoder.own_fields),
        (encoder.tail, encoder.tail_fields),
    )
    return encoder.header + b"".join(
        write(*(record[name] for name in names)) for write, names in parts
    )


def oracle_bytes_of(schema: Schema, record: ExampleRecord) -> bytes:
    """Encode a native record with fastavro, header included."""
    out = BytesIO()
    fastavro.schemaless_writer(out, schema.parsed, record)
    return schema.header + out.getvalue()


def comparable_of(schema: Schema, decoded: ExampleRecord) -> ExampleRecord:
    """Normalise a record decoded by fastavro or polars, for comparison."""
    contents: ExampleRecord = {}
    for field in schema.document["fields"]:
        value = decoded[field["name"]]
        match logical_type_of(field["type"]):
            case "uuid":
                value = str(value)
            case "decimal" if value is not None:
                value = Decimal(value).normalize()
            case "timestamp-millis" if value is not None:
                value = value.replace(tzinfo=UTC)
        contents[field["name"]] = value
    return contents


def problems_of_valid(schema: Schema, example: Example) -> Iterator[str]:
    """What is wrong with a valid example: a writer refuses it, or readers or writers disagree."""
    try:
        record = native_of(schema, example.record)
        validate(record, schema.parsed, strict=True)
        value = encode_record(schema, record)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"is refused: {error}"
        return
    if value != oracle_bytes_of(schema, record):
        yield "the generated encoder and fastavro write different bytes"
    oracle: Any = schema.decode(value[HEADER_BYTES:])
    decoded = decode(schema, [value], [schema.key_of(record).encode()])
    if decoded.bad:
        yield f"the decoder refuses it: {decoded.bad[0].reason}"
    elif comparable_of(schema, _row(decoded.frame)) != comparable_of(schema, oracle):
        yield "the decoder by column and fastavro read different records"


def is_refused(schema: Schema, example: Example) -> bool:
    """Whether the writers refuse an invalid example."""
    try:
        record = native_of(schema, example.record)
        validate(record, schema.parsed, strict=True)
        encode_record(schema, record)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
        return True
    return False


def _row(frame: pl.DataFrame) -> ExampleRecord:
    return frame.row(0, named=True)
