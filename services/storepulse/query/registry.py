"""Confluent's schema registry interface at the root: reads of `contracts.registry`.

Confluent's own clients read it unchanged. Writes answer with the interface's code for a registry in
read-only mode; registering a schema that is there already gives its id, since clients that register
on their own do so before they write.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from storepulse.adapters.http.errors import TITLES
from storepulse.contracts import registry as contract
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected
from storepulse.query.app_state import CanRead
from storepulse.query.checked_route import QueryCheckedRoute

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
MAX_BODY = 262_144
READ_ONLY = 42205


class RegistryAnswer(JSONResponse):
    """JSON under the registry's own content type."""

    media_type = CONTENT_TYPE


class RegistryFault(BaseModel):
    """An error of the registry."""

    error_code: int = Field(examples=[40401])
    message: str = Field(examples=["Subject 'x-value' not found."])


class SubjectVersion(BaseModel):
    """A version of a subject."""

    subject: str
    version: int


class SubjectSchema(SubjectVersion):
    """A version of a subject with its schema as text."""

    id: int
    schemaType: str  # noqa: N815 - the interface's name
    schema_: str = Field(alias="schema")


class SchemaText(BaseModel):
    """A schema as text."""

    schema_: str = Field(alias="schema")


class Compatibility(BaseModel):
    """Whether a schema could become the next version."""

    is_compatible: bool
    messages: list[str] | None = None


class CompatibilityLevel(BaseModel):
    """The compatibility of all subjects."""

    compatibilityLevel: str  # noqa: N815 - the interface's name


class Mode(BaseModel):
    """Whether schemas can be registered."""

    mode: str


def _registry(request: Request) -> Registry:
    found: Registry = request.app.state.registry
    return found


Known = Annotated[Registry, Depends(_registry)]
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"content": {CONTENT_TYPE: {"schema": RegistryFault.model_json_schema()}},
             "description": text}
    for status, text in ((404, "Not found"), (422, "Unprocessable"))
}  # fmt: skip
#: Errors that come before the registry has its say: bad parameters, keys, outages.
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
        "description": TITLES[status],
    }
    for status in (400, 401, 403, 503)
}
router = APIRouter(
    route_class=QueryCheckedRoute,
    tags=["schema registry"],
    default_response_class=RegistryAnswer,
    responses={**_REFUSALS, **_FAULTS},
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CONTENT_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["schema"],
                    "properties": {
                        "schema": {"type": "string"},
                        "schemaType": {"type": "string", "enum": ["AVRO"]},
                    },
                }
            }
        },
    }
}


def fault(error: RegistryError) -> Response:
    """An error in the registry's own shape."""
    body = {"error_code": error.code, "message": error.message}
    return RegistryAnswer(body, error.status)


@router.get("/subjects")
async def subjects(
    known: Known, _: CanRead, prefix: Annotated[str, Query(alias="subjectPrefix")] = ""
) -> list[str]:
    """Names of all subjects: `<topic>-value`."""
    return [name for name in known.subjects if name.startswith(prefix.removeprefix(":*:"))]


@router.get("/subjects/{subject}/versions")
async def versions(known: Known, _: CanRead, subject: str) -> list[int]:
    """Version numbers of a subject."""
    return [schema.version for schema in known.versions(subject)]


@router.get("/subjects/{subject}/versions/{version}", response_model=SubjectSchema)
async def version(known: Known, _: CanRead, subject: str, version: str) -> Any:
    """One version of a subject; `latest` is one too."""
    return contract.entry(subject, known.version(subject, version))


@router.get("/subjects/{subject}/metadata", response_model=SubjectSchema)
async def metadata(known: Known, _: CanRead, subject: str) -> Any:
    """The latest version of a subject: schemas carry no metadata to choose by."""
    return contract.entry(subject, known.version(subject, "latest"))


@router.get("/subjects/{subject}/versions/{version}/schema")
async def bare_schema(known: Known, _: CanRead, subject: str, version: str) -> dict[str, Any]:
    """The schema alone."""
    return known.version(subject, version).document


@router.get("/subjects/{subject}/versions/{version}/referencedby")
async def referenced_by(known: Known, _: CanRead, subject: str, version: str) -> list[int]:
    """Schemas that refer to this one: none do."""
    known.version(subject, version)
    return []


@router.post("/subjects/{subject}", response_model=SubjectSchema, openapi_extra=_BODY)
async def lookup(known: Known, _: CanRead, subject: str, request: Request) -> Any:
    """The version of a subject that says the same as the schema in the body."""
    known.versions(subject)
    found = known.lookup(subject, contract.document_of(await _body(request)))
    return contract.entry(subject, found)


@router.post("/subjects/{subject}/versions", openapi_extra=_BODY)
async def register(known: Known, _: CanRead, subject: str, request: Request) -> dict[str, int]:
    """The id of a schema that is registered already; a new one is refused."""
    document = contract.document_of(await _body(request))
    try:
        return {"id": known.lookup(subject, document).id}
    except RegistryError:
        raise RegistryError(
            READ_ONLY, f"Subject '{subject}' is in read-only mode: schemas change in the repository"
        ) from None


@router.get("/schemas/types")
async def types() -> list[str]:
    """Kinds of schema."""
    return ["AVRO"]


@router.get("/schemas/ids/{schema_id}", response_model=SchemaText)
async def schema_by_id(known: Known, _: CanRead, schema_id: str) -> Any:
    """The schema that an id in a record's header names."""
    return {"schema": known.schema(schema_id).text}


@router.get("/schemas/ids/{schema_id}/schema")
async def bare_schema_by_id(known: Known, _: CanRead, schema_id: str) -> dict[str, Any]:
    """The same, alone."""
    return known.schema(schema_id).document


@router.get("/schemas/ids/{schema_id}/subjects")
async def subjects_by_id(known: Known, _: CanRead, schema_id: str) -> list[str]:
    """Subjects that use a schema id."""
    return sorted({use["subject"] for use in known.uses(schema_id)})


@router.get("/schemas/ids/{schema_id}/versions", response_model=list[SubjectVersion])
async def versions_by_id(known: Known, _: CanRead, schema_id: str) -> Any:
    """Versions that use a schema id."""
    return known.uses(schema_id)


@router.get("/config")
async def config(_: CanRead) -> CompatibilityLevel:
    """The compatibility that all subjects keep."""
    return CompatibilityLevel(compatibilityLevel=contract.level())


@router.get("/config/{subject}")
async def subject_config(known: Known, _: CanRead, subject: str) -> CompatibilityLevel:
    """The compatibility that a subject keeps."""
    known.versions(subject)
    return CompatibilityLevel(compatibilityLevel=contract.level())


@router.get("/mode")
async def mode(_: CanRead) -> Mode:
    """Read-only, always."""
    return Mode(mode="READONLY")


@router.get("/mode/{subject}")
async def subject_mode(known: Known, _: CanRead, subject: str) -> Mode:
    """Read-only, always."""
    known.versions(subject)
    return Mode(mode="READONLY")


@router.get("/contexts")
async def contexts() -> list[str]:
    """The default context alone."""
    return ["."]


@router.post(
    "/compatibility/subjects/{subject}/versions/{version}",
    response_model=Compatibility, response_model_exclude_none=True, openapi_extra=_BODY,
)  # fmt: skip
async def compatibility(
    known: Known, _: CanRead, subject: str, version: str, request: Request, verbose: bool = False
) -> Any:
    """Whether the schema in the body reads what this version wrote."""
    against = known.version(subject, version)
    return _verdict(known, [against], await _body(request), verbose=verbose)


@router.post(
    "/compatibility/subjects/{subject}/versions",
    response_model=Compatibility, response_model_exclude_none=True, openapi_extra=_BODY,
)  # fmt: skip
async def compatibility_with_all(
    known: Known, _: CanRead, subject: str, request: Request, verbose: bool = False
) -> Any:
    """Whether the schema in the body reads what every version wrote."""
    return _verdict(known, known.versions(subject), await _body(request), verbose=verbose)


def _verdict(known: Registry, against: Any, body: Any, *, verbose: bool) -> dict[str, Any]:
    found = known.compatibility(contract.document_of(body), against)
    verdict: dict[str, Any] = {"is_compatible": not found}
    if verbose:
        verdict["messages"] = [str(one) for one in found]
    return verdict


@router.delete("/subjects/{subject}", include_in_schema=False)
@router.delete("/subjects/{subject}/versions/{version}", include_in_schema=False)
@router.put("/config", include_in_schema=False)
@router.put("/config/{subject}", include_in_schema=False)
@router.delete("/config", include_in_schema=False)
@router.delete("/config/{subject}", include_in_schema=False)
@router.put("/mode", include_in_schema=False)
@router.put("/mode/{subject}", include_in_schema=False)
@router.delete("/mode/{subject}", include_in_schema=False)
async def write(_: CanRead) -> None:
    """Every write there is."""
    raise RegistryError(READ_ONLY, "This registry is read-only: schemas change in the repository")


async def _body(request: Request) -> Any:
    """The JSON body, of whatever content type. Raises RegistryError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise RegistryError(42201, f"The body is larger than {MAX_BODY} bytes")
    try:
        return json_values.read(bytes(body))
    except Rejected as error:
        raise RegistryError(42201, error.reason.capitalize()) from None
