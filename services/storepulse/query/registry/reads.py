"""Reads of the registry: subjects, their versions, schemas by id, and the registry's settings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from storepulse import __version__
from storepulse.contracts.registry import (
    RegistryError,
    is_default_context,
    level,
    version_of_subject,
)
from storepulse.query.app_state import CanRead
from storepulse.query.registry.interface import (
    CompatibilityLevel,
    Mode,
    SchemaText,
    ServedRegistry,
    ServerId,
    SubjectSchema,
    SubjectVersion,
    router,
)
from storepulse.query.registry.parameters import (
    DefaultToGlobal,
    Deleted,
    DeletedOnly,
    FetchMaxId,
    LatestOnly,
    Page,
    Prefix,
    SchemaId,
    Subject,
    Version,
)


@router.get("/subjects")
async def list_subjects(
    registry: ServedRegistry,
    _: CanRead,
    page: Page,
    prefix: Prefix = "",
    deleted: Deleted = False,
    deleted_only: DeletedOnly = False,
) -> list[str]:
    """Names of all subjects: `<topic>-value`."""
    del deleted
    return [] if deleted_only else registry.names(prefix)[page]


@router.get("/subjects/{subject}/versions")
async def list_versions(
    registry: ServedRegistry,
    _: CanRead,
    subject: Subject,
    page: Page,
    deleted: Deleted = False,
    deleted_only: DeletedOnly = False,
) -> list[int]:
    """Version numbers of a subject."""
    del deleted
    versions = [schema.version for schema in registry.versions(subject)]
    return [] if deleted_only else versions[page]


@router.get("/subjects/{subject}/versions/{version}", response_model=SubjectSchema)
async def get_version(
    registry: ServedRegistry,
    _: CanRead,
    subject: Subject,
    version: Version,
    deleted: Deleted = False,
) -> Any:
    """One version of a subject; `latest` is valid too."""
    del deleted
    return version_of_subject(subject, registry.version(subject, version))


@router.get("/subjects/{subject}/metadata", response_model=SubjectSchema)
async def get_latest_with_metadata(registry: ServedRegistry, _: CanRead, subject: Subject) -> Any:
    """The latest version of a subject, because schemas have no metadata to select by."""
    return version_of_subject(subject, registry.version(subject, "latest"))


@router.get("/subjects/{subject}/versions/{version}/schema")
async def get_schema_of_version(
    registry: ServedRegistry, _: CanRead, subject: Subject, version: Version
) -> dict[str, Any]:
    """Only the schema."""
    return registry.version(subject, version).document


@router.get("/subjects/{subject}/versions/{version}/referencedby")
async def list_references(
    registry: ServedRegistry, _: CanRead, subject: Subject, version: Version
) -> list[int]:
    """Schemas that refer to this one: always empty."""
    registry.version(subject, version)
    return []


@router.get("/schemas", response_model=list[SubjectSchema])
async def list_schemas(
    registry: ServedRegistry,
    _: CanRead,
    page: Page,
    prefix: Prefix = "",
    latest_only: LatestOnly = False,
    deleted: Deleted = False,
) -> Any:
    """Every version of every subject, with its schema."""
    del deleted
    return registry.version_documents(prefix, latest_only=latest_only)[page]


@router.get("/schemas/types")
async def list_schema_types() -> list[str]:
    """Supported schema types."""
    return ["AVRO"]


@router.get("/schemas/ids/{schema_id}", response_model=SchemaText, response_model_exclude_none=True)
async def get_schema(
    registry: ServedRegistry, _: CanRead, schema_id: SchemaId, max_id: FetchMaxId = False
) -> Any:
    """The schema with an id from a record's header."""
    shown: dict[str, Any] = {"schema": registry.schema(schema_id).text}
    return shown | ({"maxId": registry.max_id} if max_id else {})


@router.get("/schemas/ids/{schema_id}/schema")
async def get_bare_schema(
    registry: ServedRegistry, _: CanRead, schema_id: SchemaId
) -> dict[str, Any]:
    """The same, only the schema."""
    return registry.schema(schema_id).document


@router.get("/schemas/ids/{schema_id}/subjects")
async def list_subjects_of_schema(
    registry: ServedRegistry, _: CanRead, schema_id: SchemaId, page: Page, deleted: Deleted = False
) -> list[str]:
    """Subjects that use a schema id."""
    del deleted
    return sorted({use["subject"] for use in registry.uses(schema_id)})[page]


@router.get("/schemas/ids/{schema_id}/versions", response_model=list[SubjectVersion])
async def list_versions_of_schema(
    registry: ServedRegistry, _: CanRead, schema_id: SchemaId, page: Page, deleted: Deleted = False
) -> Any:
    """Versions that use a schema id."""
    del deleted
    return registry.uses(schema_id)[page]


@router.get("/schemas/guids/{guid}", response_model=SchemaText)
async def get_schema_by_guid(_: CanRead, guid: str) -> Any:
    """Always not found: schemas have no GUIDs here."""
    raise RegistryError(40403, f"Schema {guid[:64]} not found")


@router.get("/config")
async def get_config(_: CanRead) -> CompatibilityLevel:
    """The compatibility level of all subjects."""
    return CompatibilityLevel(compatibilityLevel=level())


@router.get("/config/{subject}")
async def get_subject_config(
    registry: ServedRegistry, _: CanRead, subject: Subject, to_global: DefaultToGlobal = False
) -> CompatibilityLevel:
    """The compatibility level of a subject."""
    if not (to_global or registry.has(subject) or is_default_context(subject)):
        raise RegistryError(
            40408, f"Subject '{subject}' does not have subject-level compatibility configured"
        )
    return CompatibilityLevel(compatibilityLevel=level())


@router.get("/mode")
async def get_mode(_: CanRead) -> Mode:
    """The mode: always read-only."""
    return Mode(mode="READONLY")


@router.get("/mode/{subject}")
async def get_subject_mode(
    registry: ServedRegistry, _: CanRead, subject: Subject, to_global: DefaultToGlobal = False
) -> Mode:
    """The mode: always read-only."""
    if not (to_global or registry.has(subject) or is_default_context(subject)):
        raise RegistryError(
            40409, f"Subject '{subject}' does not have subject-level mode configured"
        )
    return Mode(mode="READONLY")


@router.get("/contexts")
async def list_contexts(
    page: Page,
    prefix: Annotated[
        str, Query(alias="contextPrefix", description="Contexts alone whose names begin so")
    ] = "",
) -> list[str]:
    """Only the default context."""
    return [name for name in (".",) if name.startswith(prefix.strip(":"))][page]


@router.get("/v1/metadata/id")
async def get_server_id() -> ServerId:
    """The id of this registry in a cluster: empty."""
    return ServerId()


@router.get("/v1/metadata/version")
async def get_server_version() -> dict[str, str]:
    """Storepulse's own version."""
    return {"version": __version__, "commitId": ""}
