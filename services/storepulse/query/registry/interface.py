"""What all paths of the schema registry share: its answers, its errors, its bodies, the router."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from storepulse.adapters.http.errors import TITLES
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected
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
    registry: Registry = request.app.state.registry
    return registry


ServedRegistry = Annotated[Registry, Depends(_registry)]
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
BODY: dict[str, Any] = {
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


def fault_of(error: RegistryError) -> Response:
    """An error in the registry's own shape."""
    body = {"error_code": error.code, "message": error.message}
    return RegistryAnswer(body, error.status)


async def read_body(request: Request) -> Any:
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
