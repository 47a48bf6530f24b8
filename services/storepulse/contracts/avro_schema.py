"""Avro schemas as parsed JSON: check them, find their names, compare their meaning.

fastavro parses; two further rules apply where it is lenient: a default must be a value of its
field's type, and field names must be unique. Every document yields a verdict or a ValueError,
because clients of the schema registry send anything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

NAMED = ("record", "error", "enum", "fixed")


def check_schema(document: Any) -> None:
    """Raises ValueError for an invalid Avro schema, or a default of a wrong type."""
    try:
        fastavro.parse_schema(document, _write_hint=False, _force=True)
        names = named_types(document)
        problems = _problems_of_names(names) + _problems_of_fields(names)
    except (
        SchemaParseException, LookupError, TypeError, AttributeError, ValueError, RecursionError
    ) as error:  # fmt: skip
        # fastavro and the walk above meet a malformed document with whatever they stumble over.
        raise ValueError(f"no Avro schema: {type(error).__name__}: {error}") from None
    if problems:
        raise ValueError(f"no Avro schema: {problems[0]}")


@dataclass(frozen=True)
class NamedTypes:
    """The named types of a schema, by full name and by its last part."""

    full: dict[str, dict[str, Any]]
    last: dict[str, dict[str, Any]]

    def find(self, name: str) -> dict[str, Any] | None:
        return self.full.get(name) or self.last.get(name)


def _problems_of_names(names: NamedTypes) -> list[str]:
    nodes = [node for named in names.full.values() for node in (named, *named.get("fields", []))]
    texts = [[node["name"], *node.get("aliases", []), node.get("namespace", "")] for node in nodes]
    return [
        f"a name, alias or namespace is not text: {of_node}"
        for of_node in texts
        if not all(isinstance(text, str) for text in of_node)
    ]


def _problems_of_fields(names: NamedTypes) -> list[str]:
    problems: list[str] = []
    for record in names.full.values():
        if record["type"] not in ("record", "error"):
            continue
        times = Counter(field["name"] for field in record["fields"])
        problems += [f"{name} is there twice" for name in sorted(n for n in times if times[n] > 1)]
        problems += [
            f"the default of {record['name']}.{field['name']} is not of its type"
            for field in record["fields"]
            if "default" in field and not _is_default(field["type"], field["default"], names)
        ]
    return problems


def named_types(document: Any) -> NamedTypes:
    """Every named type of a schema."""
    full_names: dict[str, dict[str, Any]] = {}

    def visit(node: Any, namespace: str) -> None:
        if isinstance(node, list):
            for branch in node:
                visit(branch, namespace)
        elif isinstance(node, dict):
            kind = node.get("type")
            if kind in NAMED:
                full = _full_name(node["name"], node.get("namespace", namespace))
                full_names[full] = node
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
    for full, node in full_names.items():
        last.setdefault(last_part(full), node)
    return NamedTypes(full_names, last)


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _is_default(avro_type: Any, value: Any, names: NamedTypes) -> bool:
    """Whether a field's default, as JSON, is a value of its type (of a union's first branch)."""
    node = resolve(avro_type, names)
    if isinstance(node, list):
        return bool(node) and _is_default(node[0], value, names)
    kind = kind_of(node)
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


def resolve(node: Any, names: NamedTypes) -> Any:
    """A type with references to named types resolved and redundant wrapping removed."""
    while isinstance(node, dict) and isinstance(node.get("type"), dict | list):
        node = node["type"]
    if isinstance(node, str):
        return names.find(node) or node
    return node


def kind_of(node: Any) -> str:
    if isinstance(node, list):
        return "union"
    return str(node["type"]) if isinstance(node, dict) else str(node)


def last_part(name: str) -> str:
    return name.rpartition(".")[2]


def meaning_of(document: Any, namespace: str = "") -> Any:
    """A schema without docs and with full names: equal for schemas with the same meaning."""
    if isinstance(document, list):
        return [meaning_of(branch, namespace) for branch in document]
    if not isinstance(document, dict):
        return document
    content = {key: value for key, value in document.items() if key not in ("doc", "namespace")}
    name = content.get("name")
    if name is not None and document.get("type") in NAMED:
        namespace = document.get("namespace", namespace)
        content["name"] = name if "." in name or not namespace else f"{namespace}.{name}"
        namespace = content["name"].rpartition(".")[0]
    for key in ("type", "items", "values"):
        if key in content:
            content[key] = meaning_of(content[key], namespace)
    if content.get("type") in ("record", "error"):
        content["fields"] = [
            {
                **{k: v for k, v in field.items() if k != "doc"},
                "type": meaning_of(field["type"], namespace),
            }
            for field in content["fields"]
        ]
    return content["type"] if set(content) == {"type"} else content
