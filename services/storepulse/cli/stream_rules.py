"""Checks that a stream's folder, its line in topics.toml and its schema agree, for
`storepulse schemas check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storepulse.contracts.schema_rules import Finding
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE, Stream

#: Fields that every stream's schema has since version 2.
LATER_FIELDS = (
    "order_id", "name", "customer_id", "email_hash", "items", "view_id", "folded",
)  # fmt: skip


def check_streams() -> list[Finding]:
    """All findings."""
    declared = load_catalog().streams
    findings = [
        Finding(name, "has no folder in storepulse/streams")
        for name in declared
        if name not in STREAMS
    ]
    for name, stream in STREAMS.items():
        if name not in declared:
            findings.append(Finding(name, "has no lines in topics.toml"))
        else:
            findings += [Finding(name, problem) for problem in problems_of(stream)]
    return findings


def problems_of(stream: Stream) -> Iterator[str]:
    """Findings where a stream's record and its schema do not agree."""
    schema = schema_of(stream.name)
    fields = {field["name"]: field["type"] for field in schema.document["fields"]}
    for name in schema.key:
        if name not in fields:
            yield f"its key {name} is not a field of the schema"
    named = [*(one.field for one in stream.counted_names), *stream.input.free_form]
    if stream.order_field is not None:
        named.append(stream.order_field)
    for name in named:
        if name not in fields:
            yield f"{name} is not a field of the schema"
    for name in LATER_FIELDS:
        if name not in fields:
            yield f"the field `{name}`, which all streams have, is missing"
    if (stream.public_id is not None) != ("public_id" in fields):
        yield "the field `public_id` belongs to streams that give one, and to no other"
    yield from _problems_of_types(stream, fields)
    for vendor in (stream.ga4, stream.meta):
        for name in vendor.names if vendor is not None else ():
            if name not in stream.types.names:
                yield f"{name} goes to a vendor and is not a type"
    if not any(not endpoint.batch for endpoint in stream.endpoints):
        yield "no path takes one event"


def _problems_of_types(stream: Stream, fields: dict[str, Any]) -> Iterator[str]:
    types = stream.types
    if types.column is None:
        if len(types.names) != 1:
            yield "a stream without a column of types has one type"
        return
    kind = fields.get(types.column)
    symbols = kind.get("symbols") if isinstance(kind, dict) else None
    if symbols is None:
        yield f"{types.column} is not an enumeration of the schema"
        return
    own = () if types.own_column is None else (OWN_TYPE,)
    if sorted(symbols) != sorted((*types.names, *own)):
        yield f"its types are {', '.join(types.names)}, those of the schema {', '.join(symbols)}"
    if types.own_column is not None and types.own_column not in fields:
        yield f"{types.own_column} is not a field of the schema"
