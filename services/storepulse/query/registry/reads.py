"""Reads of the registry: subjects, their versions, schemas by id, and how the registry is set."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from storepulse.contracts.registry import level, version_of_subject
from storepulse.query.app_state import CanRead
from storepulse.query.registry.interface import (
    CompatibilityLevel,
    Mode,
    SchemaText,
    ServedRegistry,
    SubjectSchema,
    SubjectVersion,
    router,
)


@router.get("/subjects")
async def subjects(
    registry: ServedRegistry, _: CanRead, prefix: Annotated[str, Query(alias="subjectPrefix")] = ""
) -> list[str]:
    """Names of all subjects: `<topic>-value`."""
    return [name for name in registry.subjects if name.startswith(prefix.removeprefix(":*:"))]


@router.get("/subjects/{subject}/versions")
async def versions(registry: ServedRegistry, _: CanRead, subject: str) -> list[int]:
    """Version numbers of a subject."""
    return [schema.version for schema in registry.versions(subject)]


@router.get("/subjects/{subject}/versions/{version}", response_model=SubjectSchema)
async def version(registry: ServedRegistry, _: CanRead, subject: str, version: str) -> Any:
    """One version of a subject; `latest` is one too."""
    return version_of_subject(subject, registry.version(subject, version))


@router.get("/subjects/{subject}/metadata", response_model=SubjectSchema)
async def metadata(registry: ServedRegistry, _: CanRead, subject: str) -> Any:
    """The latest version of a subject: schemas carry no metadata to choose by."""
    return version_of_subject(subject, registry.version(subject, "latest"))


@router.get("/subjects/{subject}/versions/{version}/schema")
async def bare_schema(
    registry: ServedRegistry, _: CanRead, subject: str, version: str
) -> dict[str, Any]:
    """The schema alone."""
    return registry.version(subject, version).document


@router.get("/subjects/{subject}/versions/{version}/referencedby")
async def referenced_by(
    registry: ServedRegistry, _: CanRead, subject: str, version: str
) -> list[int]:
    """Schemas that refer to this one: none do."""
    registry.version(subject, version)
    return []


@router.get("/schemas/types")
async def types() -> list[str]:
    """Kinds of schema."""
    return ["AVRO"]


@router.get("/schemas/ids/{schema_id}", response_model=SchemaText)
async def schema_by_id(registry: ServedRegistry, _: CanRead, schema_id: str) -> Any:
    """The schema that an id in a record's header names."""
    return {"schema": registry.schema(schema_id).text}


@router.get("/schemas/ids/{schema_id}/schema")
async def bare_schema_by_id(registry: ServedRegistry, _: CanRead, schema_id: str) -> dict[str, Any]:
    """The same, alone."""
    return registry.schema(schema_id).document


@router.get("/schemas/ids/{schema_id}/subjects")
async def subjects_by_id(registry: ServedRegistry, _: CanRead, schema_id: str) -> list[str]:
    """Subjects that use a schema id."""
    return sorted({use["subject"] for use in registry.uses(schema_id)})


@router.get("/schemas/ids/{schema_id}/versions", response_model=list[SubjectVersion])
async def versions_by_id(registry: ServedRegistry, _: CanRead, schema_id: str) -> Any:
    """Versions that use a schema id."""
    return registry.uses(schema_id)


@router.get("/config")
async def config(_: CanRead) -> CompatibilityLevel:
    """The compatibility that all subjects keep."""
    return CompatibilityLevel(compatibilityLevel=level())


@router.get("/config/{subject}")
async def subject_config(registry: ServedRegistry, _: CanRead, subject: str) -> CompatibilityLevel:
    """The compatibility that a subject keeps."""
    registry.versions(subject)
    return CompatibilityLevel(compatibilityLevel=level())


@router.get("/mode")
async def mode(_: CanRead) -> Mode:
    """Read-only, always."""
    return Mode(mode="READONLY")


@router.get("/mode/{subject}")
async def subject_mode(registry: ServedRegistry, _: CanRead, subject: str) -> Mode:
    """Read-only, always."""
    registry.versions(subject)
    return Mode(mode="READONLY")


@router.get("/contexts")
async def contexts() -> list[str]:
    """The default context alone."""
    return ["."]
