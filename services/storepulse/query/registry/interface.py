"""Shared parts of the schema registry's paths: answers, errors, bodies, the router."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.registry_errors import (
    CONTENT_TYPE,
    registry_body_of,
    registry_error_body,
)
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected
from storepulse.query.checked_route import Handler, QueryCheckedRoute

MAX_BODY = 262_144
READ_ONLY = 42205


class RegistryAnswer(JSONResponse):
    """JSON under the registry's own content type."""

    media_type = CONTENT_TYPE


class RegistryRoute(QueryCheckedRoute):
    """A route whose errors have the registry's format."""

    def get_route_handler(self) -> Handler:
        """The route's handler."""
        serve = super().get_route_handler()

        async def serve_in_shape(request: Request) -> Response:
            try:
                return await serve(request)
            except RequestValidationError:
                # An invalid path or parameter, for example text in place of a number.
                raise RegistryError(404, "HTTP 404 Not Found") from None
            except Rejected as error:
                raise RegistryError(400, f"{error.field} {error.reason}".strip()) from None

        return serve_in_shape


class RegistryFault(BaseModel):
    """An error of the registry. If `error_code` has five digits, it begins with the HTTP status."""

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
    max_id: int | None = Field(None, alias="maxId", description="The highest id of any schema")


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


class ServerId(BaseModel):
    """The id of this registry in a cluster."""

    id: str = ""
    scope: dict[str, Any] = {"path": [], "clusters": {"schema-registry-cluster": "storepulse"}}


def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


ServedRegistry = Annotated[Registry, Depends(_registry)]
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": RegistryFault, "description": text}
    for status, text in {
        400: "The query is not text",
        401: "The key is missing, unknown or revoked",
        403: "The key may not do this",
        404: "No such subject, version, schema or path; a parameter is not a number",
        422: "The schema, the version or the operation is refused",
        503: "The service cannot answer at the moment; see Retry-After",
    }.items()
}
router = APIRouter(
    route_class=RegistryRoute,
    tags=["schema registry"],
    default_response_class=RegistryAnswer,
    responses=_FAULTS,
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


def answer_fault(error: RegistryError) -> Response:
    """An error of the registry as an answer."""
    body = registry_error_body(error.code, error.message)
    return Response(body, error.status, media_type=CONTENT_TYPE)


def answer_refusal(refusal: RequestRefused) -> Response:
    """An error raised before the registry was called, in the registry's format."""
    response = Response(registry_body_of(refusal), refusal.status, media_type=CONTENT_TYPE)
    response.raw_headers.extend(refusal.headers)
    return response


async def read_body(request: Request) -> Any:
    """The JSON body, for any content type. Raises RegistryError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise RegistryError(42201, f"The body is larger than {MAX_BODY} bytes")
    try:
        return json_values.read(bytes(body))
    except Rejected as error:
        raise RegistryError(42201, error.reason.capitalize()) from None
