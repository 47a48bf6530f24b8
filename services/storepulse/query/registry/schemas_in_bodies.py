"""Paths that take a schema: look-up, compatibility check, and refused writes."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from storepulse.contracts.registry import (
    Registry,
    RegistryError,
    document_of,
    version_number_of,
    version_of_subject,
)
from storepulse.query.app_state import CanRead
from storepulse.query.registry.interface import (
    BODY,
    READ_ONLY,
    Compatibility,
    ServedRegistry,
    SubjectSchema,
    read_body,
    router,
)
from storepulse.query.registry.parameters import Subject, Verbose, Version


@router.post("/subjects/{subject}", response_model=SubjectSchema, openapi_extra=BODY)
async def look_up_schema(
    registry: ServedRegistry, _: CanRead, subject: Subject, request: Request
) -> Any:
    """The version of a subject that is equivalent to the schema in the body."""
    registry.versions(subject)
    schema = registry.lookup(subject, document_of(await read_body(request)))
    return version_of_subject(subject, schema)


@router.post("/subjects/{subject}/versions", openapi_extra=BODY)
async def register_schema(
    registry: ServedRegistry, _: CanRead, subject: Subject, request: Request
) -> dict[str, int]:
    """The id of a schema that is already registered; a new one is refused."""
    document = document_of(await read_body(request))
    try:
        return {"id": registry.lookup(subject, document).id}
    except RegistryError:
        raise RegistryError(
            READ_ONLY, f"Subject {subject} is in read-only mode: schemas change in the repository"
        ) from None


@router.post(
    "/compatibility/subjects/{subject}/versions/{version}",
    response_model=Compatibility, response_model_exclude_none=True, openapi_extra=BODY,
)  # fmt: skip
async def check_compatibility(
    registry: ServedRegistry,
    _: CanRead,
    subject: Subject,
    version: Version,
    request: Request,
    verbose: Verbose = False,
) -> Any:
    """Whether the schema in the body can read what this version wrote. A subject that does not
    exist has written nothing."""
    number = version_number_of(version)
    if registry.has(subject):
        against = [registry.version(subject, version)]
    elif number is None:
        against = []
    else:
        raise RegistryError(40402, f"Version {number} not found.")
    return _verdict(registry, against, await read_body(request), verbose=verbose)


@router.post(
    "/compatibility/subjects/{subject}/versions",
    response_model=Compatibility, response_model_exclude_none=True, openapi_extra=BODY,
)  # fmt: skip
async def check_compatibility_with_all(
    registry: ServedRegistry,
    _: CanRead,
    subject: Subject,
    request: Request,
    verbose: Verbose = False,
) -> Any:
    """Whether the schema in the body can read what every version wrote."""
    against = registry.versions(subject) if registry.has(subject) else ()
    return _verdict(registry, against, await read_body(request), verbose=verbose)


def _verdict(registry: Registry, against: Any, body: Any, *, verbose: bool) -> dict[str, Any]:
    try:
        document = document_of(body)
    except RegistryError as error:
        if not verbose:
            raise
        return {"is_compatible": False, "messages": [error.message]}
    differences = registry.compatibility(document, against)
    verdict: dict[str, Any] = {"is_compatible": not differences}
    if verbose:
        verdict["messages"] = [str(difference) for difference in differences]
    return verdict


@router.delete("/subjects/{subject}", include_in_schema=False)
@router.delete("/subjects/{subject}/versions/{version}", include_in_schema=False)
@router.put("/config", include_in_schema=False)
@router.put("/config/{subject}", include_in_schema=False)
@router.delete("/config", include_in_schema=False)
@router.delete("/config/{subject}", include_in_schema=False)
@router.put("/mode", include_in_schema=False)
@router.put("/mode/{subject}", include_in_schema=False)
@router.delete("/mode", include_in_schema=False)
@router.delete("/mode/{subject}", include_in_schema=False)
async def refuse_write(_: CanRead) -> None:
    """All writes."""
    raise RegistryError(READ_ONLY, "This registry is read-only: schemas change in the repository")
