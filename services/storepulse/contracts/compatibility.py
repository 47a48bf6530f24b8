"""Whether a reader with one Avro schema can read data that was written with another.

Avro's schema resolution, 1.11
(https://avro.apache.org/docs/1.11.1/specification/#schema-resolution), with two stricter rules that
our readers need: a logical type must not change (a decimal keeps its precision and scale,
milliseconds stay milliseconds), and a default must be a value of its type. BACKWARD_TRANSITIVE: the
current schema reads every earlier version.

The tests compare with the Avro project's own check; decision 17 explains why it is not used here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from storepulse.contracts.avro_schema import (
    NAMED,
    NamedTypes,
    check_schema,
    kind_of,
    last_part,
    named_types,
    resolve,
)

LEVEL = "BACKWARD_TRANSITIVE"

#: A writer's type -> the types that read it.
PROMOTIONS = {
    "int": {"int", "long", "float", "double"},
    "long": {"long", "float", "double"},
    "float": {"float", "double"},
    "string": {"string", "bytes"},
    "bytes": {"bytes", "string"},
}
_LOGICAL = ("logicalType", "precision", "scale")


@dataclass(frozen=True)
class Incompatibility:
    """One reason why the reader cannot read the writer's data; `path` is its place in the
    schema."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path or '(the schema)'}: {self.reason}"


def incompatibilities(reader: Any, writer: Any) -> list[Incompatibility]:
    """Why `reader` cannot read data of `writer`; empty if it can. Both are parsed JSON.

    Raises ValueError for an invalid Avro schema. The time grows with the reader's size and with the
    nesting of both, so `writer` must be one of our own schemas; `reader` may be untrusted.
    """
    for document in (reader, writer):
        check_schema(document)
    comparison = _Comparison(named_types(reader), named_types(writer))
    return list(comparison.differences("", reader, writer))


def backward_transitive(reader: Any, earlier: Sequence[tuple[str, Any]]) -> list[Incompatibility]:
    """Why `reader` cannot read one of the `earlier` versions, given as (label, schema)."""
    return [
        Incompatibility(difference.path, f"{difference.reason} (against {label})")
        for label, writer in earlier
        for difference in incompatibilities(reader, writer)
    ]


class _Comparison:
    """Walks two schemas in parallel. Pairs of records being compared count as compatible."""

    def __init__(self, reader: NamedTypes, writer: NamedTypes) -> None:
        self._reader = reader
        self._writer = writer
        self._under_way: set[tuple[int, int]] = set()

    def differences(self, path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
        reader, writer = resolve(reader, self._reader), resolve(writer, self._writer)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.differences(path, reader, branch)
        elif isinstance(reader, list):
            if not any(self._is_readable(path, branch, writer) for branch in reader):
                yield Incompatibility(path, f"no branch of the union reads {kind_of(writer)}")
        else:
            yield from self._of_one_type(path, reader, writer)

    def _is_readable(self, path: str, reader: Any, writer: Any) -> bool:
        # Exhaust the iterator: an abandoned walk would leave its records marked as being compared.
        return not list(self.differences(path, reader, writer))

    def _of_one_type(self, path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
        reader_kind, writer_kind = kind_of(reader), kind_of(writer)
        if reader_kind not in PROMOTIONS.get(writer_kind, {writer_kind}):
            yield Incompatibility(path, f"{reader_kind} does not read {writer_kind}")
            return
        if _logical(reader) != _logical(writer):
            yield Incompatibility(
                path, f"logical type {_logical_text(reader)} does not read {_logical_text(writer)}"
            )
        if writer_kind in NAMED and not _is_same_name(reader, writer):
            yield Incompatibility(path, f"{reader['name']} does not read {writer['name']}")
            return
        match writer_kind:
            case "record" | "error":
                yield from self._records(path, reader, writer)
            case "enum":
                yield from _enums(path, reader, writer)
            case "fixed" if reader["size"] != writer["size"]:
                yield Incompatibility(path, f"size {reader['size']} does not read {writer['size']}")
            case "array":
                yield from self.differences(f"{path}[]", reader["items"], writer["items"])
            case "map":
                yield from self.differences(f"{path}{{}}", reader["values"], writer["values"])

    def _records(self, path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
        pair = (id(reader), id(writer))
        if pair in self._under_way:
            return
        self._under_way.add(pair)
        written_fields = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            here = f"{path}.{field['name']}" if path else field["name"]
            names = [field["name"], *field.get("aliases", [])]
            source = next((written_fields[name] for name in names if name in written_fields), None)
            if source is not None:
                yield from self.differences(here, field["type"], source["type"])
            elif "default" not in field:
                yield Incompatibility(here, "is new and has no default")
        self._under_way.discard(pair)


def _enums(path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
    lost = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    if lost and "default" not in reader:
        yield Incompatibility(path, f"lost the symbols {', '.join(lost)} and has no default symbol")


def _is_same_name(reader: Any, writer: Any) -> bool:
    names = [reader["name"], *reader.get("aliases", [])]
    return last_part(writer["name"]) in [last_part(name) for name in names]


def _logical(node: Any) -> tuple[Any, ...]:
    return tuple(node.get(key) for key in _LOGICAL) if isinstance(node, dict) else (None,) * 3


def _logical_text(node: Any) -> str:
    name, precision, scale = _logical(node)
    return f"{name}({precision},{scale or 0})" if precision else str(name)
