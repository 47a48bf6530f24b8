"""Avro's schema resolution as a table of examples."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import pytest

from storepulse.contracts.avro_schema import check_schema
from storepulse.contracts.compatibility import backward_transitive, incompatibilities

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}


def record(*fields: dict[str, Any], name: str = "Event", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "shop", "fields": list(fields), **more}


def field(name: str, avro_type: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": avro_type, **more}


def enum(*symbols: str, name: str = "Colour", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size: int, name: str = "Hash") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


A = field("a", "string")
TREE = record(field("left", ["null", "Event"], default=None), A)

#: reader, writer, the path and words of the difference (None: readable).
CASES: dict[str, tuple[Any, Any, tuple[str, str] | None]] = {
    "the same": (record(A), record(A), None),
    "docs differ": (record(A, doc="x"), record(field("a", "string", doc="y")), None),
    "field gone": (record(), record(A), None),
    "new with default": (record(A, field("b", "int", default=0)), record(A), None),
    "new nullable": (record(field("b", ["null", "int"], default=None)), record(), None),
    "new without default": (record(A, field("b", "int")), record(A), ("b", "no default")),
    "new nullable without": (record(field("b", ["null", "int"])), record(), ("b", "no default")),
    "default dropped": (record(A), record(field("a", "string", default="")), None),
    "default changed": (
        record(field("a", "string", default="x")), record(field("a", "string", default="")), None
    ),
    "renamed with alias": (record(field("b", "string", aliases=["a"])), record(A), None),
    "renamed without": (record(field("b", "string")), record(A), ("b", "no default")),
    "other order": (record(field("b", "int"), A), record(A, field("b", "int")), None),
    "record renamed": (record(name="Visit"), record(), ("", "Visit does not read Event")),
    "record renamed, alias": (record(name="Visit", aliases=["Event"]), record(), None),
    "other namespace": (record(namespace="mall"), record(), None),
    "int to long": ("long", "int", None),
    "int to double": ("double", "int", None),
    "long to float": ("float", "long", None),
    "float to double": ("double", "float", None),
    "string to bytes": ("bytes", "string", None),
    "bytes to string": ("string", "bytes", None),
    "long to int": ("int", "long", ("", "int does not read long")),
    "double to float": ("float", "double", ("", "float does not read double")),
    "string to int": ("int", "string", ("", "int does not read string")),
    "boolean to int": ("int", "boolean", ("", "int does not read boolean")),
    "inside a field": (record(field("a", "int")), record(A), ("a", "int does not read string")),
    "symbol added": (enum("red", "blue"), enum("red"), None),
    "symbol gone": (enum("red"), enum("red", "blue"), ("", "lost the symbols blue")),
    "symbol gone, default": (enum("red", default="red"), enum("red", "blue"), None),
    "symbols in other order": (enum("blue", "red"), enum("red", "blue"), None),
    "enum renamed": (enum("red", name="Tint"), enum("red"), ("", "Tint does not read Colour")),
    "enum to string": ("string", enum("red"), ("", "string does not read enum")),
    "made nullable": (["null", "string"], "string", None),
    "nullable promoted": (["null", "long"], ["null", "int"], None),
    "no longer nullable": ("string", ["null", "string"], ("", "string does not read null")),
    "branch added": (["null", "string", "int"], ["null", "string"], None),
    "branch gone": (["null", "string"], ["null", "string", "int"], ("", "no branch")),
    "branches in other order": (["string", "null"], ["null", "string"], None),
    "decimal kept": (DECIMAL, DECIMAL, None),
    "decimal scale": ({**DECIMAL, "scale": 2}, DECIMAL, ("", "decimal(18,2)")),
    "decimal precision": ({**DECIMAL, "precision": 20}, DECIMAL, ("", "decimal(20,4)")),
    "decimal to bytes": ("bytes", DECIMAL, ("", "None does not read decimal(18,4)")),
    "millis to micros": (
        {**MILLIS, "logicalType": "timestamp-micros"}, MILLIS, ("", "timestamp-micros")
    ),
    "nullable decimal scale": (
        ["null", {**DECIMAL, "scale": 2}], ["null", DECIMAL], ("", "no branch")
    ),
    "fixed kept": (fixed(4), fixed(4), None),
    "fixed size": (fixed(8), fixed(4), ("", "size 8 does not read 4")),
    "array items": ({"type": "array", "items": "long"}, {"type": "array", "items": "int"}, None),
    "array items narrowed": (
        {"type": "array", "items": "int"}, {"type": "array", "items": "long"}, ("[]", "int does")
    ),
    "map values narrowed": (
        {"type": "map", "values": "int"}, {"type": "map", "values": "long"}, ("{}", "int does not")
    ),
    "record in itself": (TREE, TREE, None),
    "record in itself, changed": (
        record(field("left", ["null", "Event"], default=None), A, field("n", "int")), TREE,
        ("n", "no default"),
    ),
    "branch that cannot read, also beside the union": (
        record(
            field("a", [record(A, field("n", "int"), name="Old"),
                        record(A, name="New", aliases=["Old"])]),
            field("b", "Old"),
        ),
        record(field("a", record(A, name="Old")), field("b", "Old")),
        ("b.n", "no default"),
    ),
    "wrapped type": ({"type": "string"}, "string", None),
    "named type by reference": (
        record(field("a", enum("red")), field("b", "Colour")),
        record(field("a", enum("red")), field("b", "shop.Colour")),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_resolution(case: str) -> None:
    reader, writer, expected = CASES[case]
    found = incompatibilities(reader, writer)
    if expected is None:
        assert found == []
    else:
        path, words = expected
        assert [(one.path, words in one.reason) for one in found] == [(path, True)]


#: Where fastavro is more lenient than the rules, which say so in their first lines.
LENIENT = {"decimal scale", "decimal precision", "decimal to bytes", "millis to micros",
           "nullable decimal scale", "record renamed", "enum renamed"}  # fmt: skip
SAMPLES: dict[str, list[Any]] = {
    "string": ["x"], "int": [7], "long": [2**40], "float": [0.5], "double": [0.5],
    "boolean": [True], "bytes": [b"x"],
}  # fmt: skip


@pytest.mark.parametrize("case", [name for name in CASES if name not in LENIENT])
def test_fastavro_agrees_on_data(case: str) -> None:
    """What is called readable is read, and what is not fails for at least one value."""
    reader, writer, expected = CASES[case]
    failures = 0
    for value in _values(writer):
        out = BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(writer), value)
        try:
            fastavro.schemaless_reader(
                BytesIO(out.getvalue()),
                fastavro.parse_schema(writer),
                fastavro.parse_schema(reader),
            )
        except Exception:  # noqa: BLE001 - fastavro has no one error for it
            failures += 1
    assert bool(failures) == (expected is not None)


def _values(avro_type: Any) -> list[Any]:
    """One value for each branch, symbol or kind of a type."""
    if isinstance(avro_type, list):
        return [value for branch in avro_type for value in _values(branch)]
    if isinstance(avro_type, str):
        return {
            "null": [None],
            "Event": [],
            "Old": [{"a": "x"}],
            "Colour": ["red"],
            "shop.Colour": ["red"],
        }.get(avro_type) or SAMPLES.get(avro_type, [None])
    match avro_type["type"]:
        case "record":
            parts = {f["name"]: _values(f["type"])[0] for f in avro_type["fields"]}
            return [parts]
        case "enum":
            return list(avro_type["symbols"])
        case "fixed":
            return [b"x" * avro_type["size"]]
        case "array":
            return [_values(avro_type["items"])]
        case "map":
            return [{"k": _values(avro_type["values"])[0]}]
    if "logicalType" in avro_type:
        return [Decimal(1)] if avro_type["logicalType"] == "decimal" else [1]
    return _values(avro_type["type"])


def test_every_earlier_version_counts() -> None:
    first = record(field("a", "long"))
    second = record()
    third = record(field("a", "int", default=0))
    assert incompatibilities(third, second) == []
    (found,) = backward_transitive(third, [("version 1", first), ("version 2", second)])
    assert str(found) == "a: int does not read long (against version 1)"


@pytest.mark.parametrize(
    "document",
    [
        {"type": "nonsense"},
        {"type": "record", "name": "a"},
        {"type": "record", "fields": []},
        {"type": "enum", "name": "a"},
        {"type": "array"},
        7,
        None,
        record(field("a", "int", default="x")),
        record(field("a", "int", default=2**31)),
        record(field("a", "boolean", default=0)),
        record(field("a", ["null", "string"], default="x")),
        record(field("a", ["string", "null"], default=None)),
        record(field("a", enum("red"), default="blue")),
        record(field("a", {"type": "array", "items": "int"}, default=["x"])),
        record(A, A),
    ],
)
def test_what_is_no_schema_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no Avro schema"):
        check_schema(document)


@pytest.mark.parametrize(
    "document",
    [
        "string",
        record(field("a", "double", default=1)),
        record(field("a", "bytes", default="\u00ff")),
        record(field("a", {"type": "map", "values": "int"}, default={"k": 1})),
        record(field("a", record(field("b", "int"), name="Inner"), default={"b": 1})),
        TREE,
    ],
)
def test_what_is_a_schema_is_taken(document: Any) -> None:
    check_schema(document)
