"""Rules for all schemas in the repository, with findings: `storepulse schemas check`.

The record and every field have a doc. Schemas are flat, with types that both readers support
(polars panics on maps and nullable enums). Ids are unique and as locked. The current version reads
all earlier ones. Valid examples are accepted and invalid ones refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storepulse.contracts import examples as ex
from storepulse.contracts import schema_lock
from storepulse.contracts.avro_schema import check_schema
from storepulse.contracts.compatibility import backward_transitive
from storepulse.contracts.schemas import Schema, schemas_of
from storepulse.contracts.topics import load_catalog

SCALARS = frozenset(("string", "int", "long", "boolean"))
LOGICAL = {"uuid": "string", "timestamp-millis": "long", "decimal": "bytes"}


@dataclass(frozen=True)
class Finding:
    """One problem; `subject` is a stream, a version of it, or an example."""

    subject: str
    problem: str


def list_schemas() -> list[Schema]:
    """Every version of every stream's schema."""
    return [schema for stream in load_catalog().streams for schema in schemas_of(stream)]


def find_problems() -> list[Finding]:
    """All problems of the schema files."""
    schemas = list_schemas()
    findings = [
        Finding("lock.toml", p)
        for p in schema_lock.contradictions(schema_lock.read_lock(), schemas)
    ]
    for stream in load_catalog().streams:
        versions = schemas_of(stream)
        for schema in versions:
            name = f"{stream} version {schema.version}"
            if schema.id != 1_000 * schema.version + versions[0].stream_number:
                findings.append(Finding(name, "its id is not 1000 times the version more"))
            findings += [Finding(name, problem) for problem in problems_of(schema.document)]
        earlier = [(f"version {old.version}", old.document) for old in versions[:-1]]
        findings += [
            Finding(stream, str(one)) for one in backward_transitive(versions[-1].document, earlier)
        ]
        findings += list(_problems_of_examples(versions[-1]))
    return findings


def problems_of(document: Any) -> Iterator[str]:
    """The problems of one schema."""
    try:
        check_schema(document)
    except ValueError as error:
        yield str(error)
        return
    if not str(document.get("doc", "")).strip():
        yield "the record has no doc"
    for field in document["fields"]:
        if not str(field.get("doc", "")).strip():
            yield f"{field['name']} has no doc"
        yield from _problems_of_type(field["name"], field["type"])


def _problems_of_type(name: str, avro_type: Any) -> Iterator[str]:
    nullable = isinstance(avro_type, list)
    if nullable and (len(avro_type) != 2 or avro_type[0] != "null"):
        yield f'{name}: the only union is ["null", a type]'
        return
    inner = ex.own_type_of(avro_type)
    kind = inner["type"] if isinstance(inner, dict) else inner
    if kind == "enum":
        if nullable:
            yield f"{name}: an enum is never nullable; give it a symbol `unknown`"
        return
    logical = ex.logical_type_of(avro_type)
    allowed = LOGICAL.get(logical) == kind if logical is not None else kind in SCALARS
    if not allowed:
        yield f"{name}: type {logical or kind} is not flat, or not one that both readers know"


def _problems_of_examples(schema: Schema) -> Iterator[Finding]:
    for kind in ("valid", "invalid"):
        examples = ex.read_examples(schema.stream, kind)
        if not examples:
            yield Finding(schema.stream, f"has no {kind} example")
        for example in examples:
            name = f"{schema.stream}/{kind}/{example.name}"
            if kind == "valid":
                yield from (Finding(name, p) for p in ex.problems_of_valid(schema, example))
            elif not ex.is_refused(schema, example):
                yield Finding(name, "is accepted by the writers")
