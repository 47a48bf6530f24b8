"""The Avro project's own compatibility check as the oracle of ours, and where it falls short."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import avro.schema
import pytest
from avro.compatibility import (
    ReaderWriterCompatibilityChecker,
    SchemaCompatibilityResult,
    SchemaCompatibilityType,
)
from tests.support.generated_records import SEED

from storepulse.contracts.compatibility import incompatibilities

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "string", "bytes")
NAMES = ("a", "b", "c")


def judge(reader: Any, writer: Any) -> SchemaCompatibilityResult:
    """The Avro project's answer."""
    parsed = [avro.schema.parse(json.dumps(document)) for document in (reader, writer)]
    return ReaderWriterCompatibilityChecker().get_compatibility(*parsed)


def is_readable(reader: Any, writer: Any) -> bool:
    """The Avro project's verdict."""
    return judge(reader, writer).compatibility is SchemaCompatibilityType.compatible


class Schemas:
    """Random schemas, each named type of a schema with a name of its own."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._names: list[str] = []

    def schema(self) -> Any:
        self._names = ["C", "B", "A"]
        return self._record(0)

    def _type(self, depth: int) -> Any:
        kind = self._rng.choice((*("primitive",) * 3, "union", "array", "map", "enum", "record"))
        match kind:
            case "union":
                branches = self._rng.sample(PRIMITIVES, self._rng.randrange(1, 4))
                return [*branches, *([self._array(depth)] if self._rng.random() < 0.2 else [])]
            case "array":
                return self._array(depth)
            case "map":
                return {"type": "map", "values": self._rng.choice(PRIMITIVES)}
            case "enum" if self._names:
                symbols = self._rng.sample(("x", "y", "z"), self._rng.randrange(1, 4))
                default = {"default": symbols[0]} if self._rng.random() < 0.3 else {}
                return {"type": "enum", "name": self._names.pop(), "symbols": symbols, **default}
            case "record" if self._names and depth < 2:
                return self._record(depth + 1)
        return self._rng.choice(PRIMITIVES)

    def _array(self, depth: int) -> Any:
        return {"type": "array", "items": self._rng.choice(PRIMITIVES)}

    def _record(self, depth: int) -> Any:
        record: dict[str, Any] = {"type": "record", "name": self._names.pop(), "fields": []}
        if self._rng.random() < 0.2:
            record["aliases"] = [self._rng.choice("ABC")]
        for name in self._rng.sample(NAMES, self._rng.randrange(1, 4)):
            field = {"name": name, "type": self._type(depth)}
            if self._rng.random() < 0.3:
                field = {**field, "type": ["null", "int"], "default": None}
            if self._rng.random() < 0.2:
                field["aliases"] = [self._rng.choice(NAMES)]
            record["fields"].append(field)
        return record


def test_both_give_one_verdict() -> None:
    schemas = Schemas(Random(SEED))
    verdicts = {True: 0, False: 0}
    for _ in range(4_000):
        writer, reader = schemas.schema(), schemas.schema()
        readable = is_readable(reader, writer)
        assert (not incompatibilities(reader, writer)) == readable, (reader, writer)
        verdicts[readable] += 1
    assert min(verdicts.values()) > 100


def record(name: str, *fields: tuple[str, Any], **more: Any) -> dict[str, Any]:
    typed = [{"name": field, "type": avro_type} for field, avro_type in fields]
    return {"type": "record", "name": name, "fields": typed, **more}


def test_it_takes_an_alias_for_a_full_name() -> None:
    """Avro 1.11, Aliases: a name without a namespace stands in the namespace of its schema."""
    reader = record("Visit", aliases=["Event"], namespace="shop")
    writer = record("Event", namespace="shop")
    assert incompatibilities(reader, writer) == []
    assert not is_readable(reader, writer)


def test_it_remembers_what_it_only_assumed() -> None:
    """While A is compared with itself, C is called readable; A turns out not to be, C stays so."""
    inner = record("C", ("a", ["null", "A"]))
    reader = record(
        "R",
        (
            "f",
            [record("A", ("c", inner), ("x", "int")), record("B", ("x", "string"), aliases=["A"])],
        ),
        ("g", "C"),
    )
    writer = record("R", ("f", record("A", ("c", inner), ("x", "string"))), ("g", "C"))
    assert [one.path for one in incompatibilities(reader, writer)] == ["g.a"]
    assert is_readable(reader, writer)


def test_it_does_not_say_which_reason_belongs_where() -> None:
    reader = record("E", ("a", "int"), ("b", "long"))
    writer = record("E", ("a", "string"), ("b", "string"))
    said = judge(reader, writer)
    assert isinstance(said.locations, set)
    assert isinstance(said.messages, set)
    assert [str(one) for one in incompatibilities(reader, writer)] == [
        "a: int does not read string",
        "b: long does not read string",
    ]


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        ({"type": "long", "logicalType": "timestamp-millis"}, "long"),
        (
            {"type": "long", "logicalType": "timestamp-micros"},
            {"type": "long", "logicalType": "timestamp-millis"},
        ),
    ],
)
def test_it_reads_a_time_of_another_unit(reader: Any, writer: Any) -> None:
    assert is_readable(reader, writer)
    assert incompatibilities(reader, writer) != []
