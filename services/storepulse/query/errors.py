"""Errors of the query service as answers; FastAPI's own errors are translated here.

`adapters.http.errors` defines the answer to each error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from storepulse.adapters.http.errors import TITLES, Fault, RequestRefused, refusal_of_error
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.kafka.clients import BrokerAway
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import StatementTimeout
from storepulse.domain.errors import REQUIRED, Rejected, Transient

#: Faults for which this service has a more specific answer than an unavailable database.
_FAULTS: dict[type[Exception], Fault] = {
    StatementTimeout: (
        "The read took too long; ask for a shorter period",
        "DATABASE_TIMEOUT",
    ),
    BrokerAway: ("Kafka is out of reach", "BROKER_UNAVAILABLE"),
}
_HTTP_MESSAGES = {404: "There is no such path", 405: "This path does not take this method"}


class Details(BaseModel):
    """The invalid field, and the reason."""

    field: str
    reason: str


class ErrorAnswer(BaseModel):
    """The body of every error."""

    status: str = "error"
    error: str
    message: str
    code: str | None = None
    details: Details | None = None


def error_responses_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of an endpoint that may return these errors."""
    return {status: {"model": ErrorAnswer, "description": TITLES[status]} for status in statuses}


def error_response_of(error: Exception) -> Response:
    """The answer to a request that ended with an error."""
    return response_of(refusal_of_read(error))


def refusal_of_read(error: Exception) -> RequestRefused:
    """The refusal for a request that ended with an error."""
    if isinstance(error, RequestValidationError):
        error = rejected_of(error.errors()[0])
    elif isinstance(error, HTTPException):
        error = _refusal_of_http(error)
    return refusal_of_error(error, _FAULTS)


def rejected_of(error: Mapping[str, Any]) -> Rejected:
    """A pydantic error as field and reason."""
    context = error.get("ctx") or {}
    path = [str(part) for part in error["loc"] if part not in ("query", "path", "header", "body")]
    field = str(context.get("field") or ".".join(path))
    # A name in a JSON object may contain an unpaired surrogate, which cannot be encoded.
    field = field.encode("utf-8", "backslashreplace").decode()
    match error["type"]:
        case "range":
            return Rejected(field, str(error["msg"]))
        case "json_invalid":
            return Rejected("", str(context["error"]))
        case "missing" if not field:
            return Rejected("body", "is required: a JSON object")
        case "model_attributes_type" | "dict_type":
            return Rejected(field or "body", "is not a JSON object")
        case "missing":
            return Rejected(field, REQUIRED)
        case "extra_forbidden":
            inside = "field" if "body" in error["loc"] else "parameter"
            return Rejected(field, f"is not a {inside} of this path")
        case "greater_than_equal":
            return Rejected(field, f"is below {context['ge']}")
        case "less_than_equal":
            return Rejected(field, f"is above {context['le']}")
        case "uuid_parsing" | "uuid_type":
            return Rejected(field, "is not a UUID")
        case "value_error":
            return Rejected(field, str(context["error"]))
        case "string_pattern_mismatch":
            return Rejected(field, "holds a NUL character")
    reason = str(error["msg"])
    return Rejected(field, f"is wrong: {reason[:1].lower()}{reason[1:]}")


def _refusal_of_http(error: HTTPException) -> RequestRefused:
    """An error that Starlette raised; its code is made from its title."""
    status = error.status_code
    code = TITLES.get(status, "error").upper().replace(" ", "_")
    headers = tuple(
        (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
    )
    message = _HTTP_MESSAGES.get(status, str(error.detail))
    return RequestRefused(status, message, code, headers=headers)


def install(app: FastAPI) -> None:
    """Make `app` answer all errors, including FastAPI's own, in the same format."""

    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, Transient):
            logger().warning("read_failed", path=request.url.path, fault=type(error).__name__)
        return error_response_of(error)

    for kind in (RequestValidationError, HTTPException, RequestRefused, Rejected, Transient):
        app.add_exception_handler(kind, answer)
