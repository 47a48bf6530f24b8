"""Whether a reader with one Avro schema can read what another schema wrote.

Avro's schema resolution, 1.11 (https://avro.apache.org/docs/1.11.1/specification/#schema-resolution),
with two rules where Avro itself is silent or lenient and our readers are not: a logical type stays
what it was (a decimal with its precision and scale, milliseconds stay milliseconds), and a default
must be a value of its type. BACKWARD_TRANSITIVE: today's schema reads every earlier version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

LEVEL = "BACKWARD_TRANSITIVE"

#: writer's type -> types that read it.
PROMOTIONS = {
    "int": {"int", "long", "float", "double"},
    "long": {"long", "float", "double"},
    "float": {"float", "double"},
    "string": {"string", "bytes"},
    "bytes": {"bytes", "string"},
}
_NAMED = ("record", "error", "enum", "fixed")
_LOGICAL = ("logicalType", "precision", "scale")
_ABSENT = object()


@dataclass(frozen=True)
class Incompatibility:
    """One reason why the reader cannot read the writer's data; `path` leads to it."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path or '(the schema)'}: {self.reason}"


def incompatibilities(reader: Any, writer: Any) -> list[Incompatibility]:
    """Why `reader` cannot read what `writer` wrote; empty where it can. Both as parsed JSON.

    Raises ValueError for a document that is no Avro schema.
    """
    for document in (reader, writer):
        check_schema(document)
    comparison = _Comparison(_names(reader), _names(writer))
    return list(comparison.differences("", reader, writer))


def backward_transitive(reader: Any, earlier: Sequence[tuple[str, Any]]) -> list[Incompatibility]:
    """Why `reader` cannot read one of the `earlier` versions, each given with its label."""
    return [
        Incompatibility(found.path, f"{found.reason} (against {label})")
        for label, writer in earlier
        for found in incompatibilities(reader, writer)
    ]


def check_schema(document: Any) -> None:
    """Raises ValueError for a document that is no Avro schema, or has a default of a wrong type."""
    try:
        fastavro.parse_schema(document, _write_hint=False, _force=True)
        names = _names(document)
        wrong = _wrong_names(names) + _wrong_fields(names)
    except (
        SchemaParseException, LookupError, TypeError, AttributeError, ValueError, RecursionError
    ) as error:  # fmt: skip
        # fastavro and the walk above meet a malformed document with whatever they stumble over.
        raise ValueError(f"no Avro schema: {type(error).__name__}: {error}") from None
    if wrong:
        raise ValueError(f"no Avro schema: {wrong[0]}")


@dataclass(frozen=True)
class _Names:
    """The named types of a schema: by their full names, and by the last part of these."""

    full: dict[str, dict[str, Any]]
    last: dict[str, dict[str, Any]]

    def find(self, name: str) -> dict[str, Any] | None:
        return self.full.get(name) or self.last.get(name)


def _wrong_names(names: _Names) -> list[str]:
    named = [one for kind in names.full.values() for one in (kind, *kind.get("fields", []))]
    said = [[one["name"], *one.get("aliases", []), one.get("namespace", "")] for one in named]
    return [
        f"a name, alias or namespace is no text: {texts}"
        for texts in said
        if not all(isinstance(text, str) for text in texts)
    ]


def _wrong_fields(names: _Names) -> list[str]:
    wrong: list[str] = []
    for record in names.full.values():
        if record["type"] not in ("record", "error"):
            continue
        times = Counter(field["name"] for field in record["fields"])
        wrong += [f"{name} stands twice" for name in sorted(n for n in times if times[n] > 1)]
        wrong += [
            f"the default of {record['name']}.{field['name']} is not of its type"
            for field in record["fields"]
            if "default" in field and not _is_default(field["type"], field["default"], names)
        ]
    return wrong


def _names(document: Any) -> _Names:
    """Every named type of a schema."""
    found: dict[str, dict[str, Any]] = {}

    def visit(node: Any, namespace: str) -> None:
        if isinstance(node, list):
            for branch in node:
                visit(branch, namespace)
        elif isinstance(node, dict):
            kind = node.get("type")
            if kind in _NAMED:
                full = _full_name(node["name"], node.get("namespace", namespace))
                found[full] = node
                namespace = full.rpartition(".")[0]
                for field in node.get("fields", []):
                    visit(field["type"], namespace)
            elif isinstance(kind, dict | list):
                visit(kind, namespace)
            for inner in ("items", "values"):
                if inner in node:
                    visit(node[inner], namespace)

    visit(document, "")
    last: dict[str, dict[str, Any]] = {}
    for full, node in found.items():
        last.setdefault(_last_part(full), node)
    return _Names(found, last)


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _is_default(avro_type: Any, value: Any, names: _Names) -> bool:
    """Whether a field's default, as JSON, is a value of its type (of a union's first branch)."""
    node = _resolved(avro_type, names)
    if isinstance(node, list):
        return bool(node) and _is_default(node[0], value, names)
    kind = _kind(node)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long":
            bits = 31 if kind == "int" else 63
            return is_number and isinstance(value, int) and -(2**bits) <= value < 2**bits
        case "float" | "double":
            return is_number
        case "string" | "bytes" | "fixed":
            return isinstance(value, str)
        case "enum":
            return value in node["symbols"]
        case "array":
            return isinstance(value, list) and all(
                _is_default(node["items"], item, names) for item in value
            )
        case "map":
            return isinstance(value, dict) and all(
                _is_default(node["values"], item, names) for item in value.values()
            )
    return isinstance(value, dict) and all(
        _is_default(field["type"], value.get(field["name"], field.get("default")), names)
        for field in node["fields"]
        if field["name"] in value or "default" not in field
    )


def _resolved(node: Any, names: _Names) -> Any:
    """A type with references to named types and needless wrapping taken away."""
    while isinstance(node, dict) and isinstance(node.get("type"), dict | list):
        node = node["type"]
    if isinstance(node, str):
        return names.find(node) or node
    return node


def _kind(node: Any) -> str:
    if isinstance(node, list):
        return "union"
    return str(node["type"]) if isinstance(node, dict) else str(node)


def _last_part(name: str) -> str:
    return name.rpartition(".")[2]


class _Comparison:
    """Walks two schemas side by side. Pairs of records under way are taken to be compatible."""

    def __init__(self, reader: _Names, writer: _Names) -> None:
        self._reader = reader
        self._writer = writer
        self._under_way: set[tuple[int, int]] = set()

    def differences(self, path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
        reader, writer = _resolved(reader, self._reader), _resolved(writer, self._writer)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.differences(path, reader, branch)
        elif isinstance(reader, list):
            if not any(self._reads(path, branch, writer) for branch in reader):
                yield Incompatibility(path, f"no branch of the union reads {_kind(writer)}")
        else:
            yield from self._of_one_type(path, reader, writer)

    def _reads(self, path: str, reader: Any, writer: Any) -> bool:
        return next(self.differences(path, reader, writer), None) is None

    def _of_one_type(self, path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
        mine, theirs = _kind(reader), _kind(writer)
        if mine not in PROMOTIONS.get(theirs, {theirs}):
            yield Incompatibility(path, f"{mine} does not read {theirs}")
            return
        if _logical(reader) != _logical(writer):
            yield Incompatibility(
                path, f"logical type {_spelt(reader)} does not read {_spelt(writer)}"
            )
        if theirs in _NAMED and not _same_name(reader, writer):
            yield Incompatibility(path, f"{reader['name']} does not read {writer['name']}")
            return
        match theirs:
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
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            here = f"{path}.{field['name']}" if path else field["name"]
            names = [field["name"], *field.get("aliases", [])]
            source = next((written[name] for name in names if name in written), None)
            if source is not None:
                yield from self.differences(here, field["type"], source["type"])
            elif field.get("default", _ABSENT) is _ABSENT:
                yield Incompatibility(here, "is new and has no default")
        self._under_way.discard(pair)


def _enums(path: str, reader: Any, writer: Any) -> Iterator[Incompatibility]:
    lost = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    if lost and "default" not in reader:
        yield Incompatibility(path, f"lost the symbols {', '.join(lost)} and has no default symbol")


def _same_name(reader: Any, writer: Any) -> bool:
    known = [reader["name"], *reader.get("aliases", [])]
    return _last_part(writer["name"]) in [_last_part(name) for name in known]


def _logical(node: Any) -> tuple[Any, ...]:
    return tuple(node.get(key) for key in _LOGICAL) if isinstance(node, dict) else (None,) * 3


def _spelt(node: Any) -> str:
    name, precision, scale = _logical(node)
    return f"{name}({precision},{scale or 0})" if precision else str(name)
