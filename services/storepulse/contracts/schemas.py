"""Avro schemas with their ids and versions.

A subject is `<topic>-value` (TopicNameStrategy). The last version of a stream's schema is
`schemas/<stream>.v1.avsc`, named after the topic; earlier ones are kept as
`schemas/history/<stream>/<version>.avsc`, with their ids in `schemas/history/ids.toml`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from typing import Any

import fastavro
from fastavro.types import AvroMessage

from storepulse.contracts.files import SCHEMA_FILES
from storepulse.contracts.topics import Catalog, Subject, load_catalog

#: The first byte of Confluent's wire format; four bytes of schema id follow.
MAGIC = b"\x00"
HEADER_BYTES = 5


@dataclass(frozen=True, eq=False)
class Schema:
    """One registered schema. `parsed` is fastavro's form, `text` the compact JSON.

    `key`: the first of these fields that has a value is the record's Kafka key.
    """

    id: int
    stream: str
    version: int
    document: dict[str, Any]
    parsed: Any
    key: tuple[str, ...]

    @property
    def stream_number(self) -> int:
        """The part that the ids of all versions of the stream's schema share."""
        return self.id % 1_000

    @property
    def text(self) -> str:
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)

    @property
    def header(self) -> bytes:
        """The five bytes before every value that was written with this schema."""
        return MAGIC + self.id.to_bytes(4, "big")

    @property
    def field_names(self) -> list[str]:
        return [field["name"] for field in self.document["fields"]]

    @cached_property
    def int_fields(self) -> frozenset[str]:
        """Fields of 32 bits, which have the same wire format as those of 64."""
        found = set()
        for field in self.document["fields"]:
            kind = field["type"]
            if kind == "int" or (isinstance(kind, list) and "int" in kind):
                found.add(field["name"])
        return frozenset(found)

    @cached_property
    def _defaults(self) -> dict[str, Any] | None:
        """The last version's fields with their defaults; None if this is the last version."""
        last = schema_of(self.stream)
        if last is self:
            return None
        return {field["name"]: field.get("default") for field in last.document["fields"]}

    @cached_property
    def _parsed_with_ids_as_text(self) -> Any:
        fields = [
            {**field, "type": "string"} if _is_id(field["type"]) else field
            for field in self.document["fields"]
        ]
        return fastavro.parse_schema({**self.document, "fields": fields})

    def key_of(self, record: Mapping[str, Any]) -> str:
        """The required Kafka key of a record, as text."""
        return str(next(filter(None, (record[name] for name in self.key)), ""))

    def decode(self, body: bytes, *, ids_as_text: bool = False) -> AvroMessage:
        """Decode one record from the bytes after the header, with the fields of the last version.

        `ids_as_text` returns ids as the text that was written, unchecked, which takes a third less
        time. Raises ValueError if bytes are left over, and fastavro's errors.
        """
        reader = BytesIO(body)
        schema = self._parsed_with_ids_as_text if ids_as_text else self.parsed
        record = fastavro.schemaless_reader(reader, schema, None)
        if reader.tell() != len(body):
            raise ValueError(f"{len(body) - reader.tell()} bytes after the record")
        if self._defaults is not None:
            return self._defaults | record  # type: ignore[operator] # records are dicts
        return record


def _is_id(avro_type: Any) -> bool:
    return isinstance(avro_type, dict) and avro_type.get("logicalType") == "uuid"


def _schema(subject: Subject, schema_id: int, version: int, text: str) -> Schema:
    document = json.loads(text)
    parsed = fastavro.parse_schema(document)
    return Schema(schema_id, subject.name, version, document, parsed, subject.key)


@cache
def schemas_of(stream: str) -> tuple[Schema, ...]:
    """All versions of a stream's schema, oldest first; the last one is used for writing."""
    subject = load_catalog().streams[stream]
    older: list[Schema] = []
    index = SCHEMA_FILES / "history" / "ids.toml"
    if index.is_file():
        for version, schema_id in sorted(
            (int(v), i) for v, i in tomllib.loads(index.read_text()).get(stream, {}).items()
        ):
            path = SCHEMA_FILES / "history" / stream / f"{version}.avsc"
            older.append(_schema(subject, schema_id, version, path.read_text("utf-8")))
    text = (SCHEMA_FILES / subject.schema_file).read_text("utf-8")
    return (*older, _schema(subject, subject.schema_id, len(older) + 1, text))


def schema_of(stream: str) -> Schema:
    """The schema with which a stream is written."""
    return schemas_of(stream)[-1]


@cache
def later_fields(stream: str) -> frozenset[str]:
    """Fields that the stream's first version lacks; they are null in the records that it wrote."""
    first, *_, last = schemas_of(stream) * 2
    return frozenset(last.field_names) - frozenset(first.field_names)


@cache
def schemas_by_id() -> dict[int, Schema]:
    """Every schema of every stream by its id."""
    return {s.id: s for stream in load_catalog().streams for s in schemas_of(stream)}


def subjects(catalog: Catalog) -> dict[str, tuple[Schema, ...]]:
    """Registry subjects (`<topic>-value`) with their versions, for all Avro topics."""
    return {
        f"{topic.name}-value": schemas_of(topic.stream)
        for topic in catalog.topics.values()
        if topic.stream is not None
    }
