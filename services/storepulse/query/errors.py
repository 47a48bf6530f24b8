"""Errors as answers, whoever raised them, in the one shape of `adapters.http.errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from storepulse.adapters.http.errors import TITLES, Refused, error_body
from storepulse.adapters.kafka.clients import BrokerAway
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import StatementTimeout
from storepulse.domain.errors import Rejected, Transient

__all__ = ["TITLES", "Refused"]

RETRY_AFTER_SECONDS = 2
REQUIRED = "Field is required"


class Details(BaseModel):
    """What is wrong with which field."""

    field: str
    reason: str


class ErrorAnswer(BaseModel):
    """Every error of every endpoint."""

    status: str = "error"
    error: str
    message: str
    code: str | None = None
    details: Details | None = None


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's responses for an endpoint that may answer with these errors."""
    return {status: {"model": ErrorAnswer, "description": TITLES[status]} for status in statuses}


def refusal(refused: Refused) -> Response:
    """An error answer."""
    response = Response(error_body(refused), refused.status, media_type="application/json")
    response.raw_headers.extend(refused.headers)
    return response


def invalid(rejected: Rejected) -> Response:
    """400 that names the field and the reason."""
    field, reason = rejected.field, rejected.reason
    message = f"{field} is required" if reason == REQUIRED else f"{field} {reason}".strip()
    return refusal(Refused(400, message, details={"field": field, "reason": reason}))


def from_validation(error: Mapping[str, Any]) -> Rejected:
    """One of pydantic's errors as field and reason."""
    context = error.get("ctx") or {}
    place = [str(part) for part in error["loc"] if part not in ("query", "path", "header", "body")]
    field = str(context.get("field") or ".".join(place))
    # A name of a JSON object may hold half of a surrogate pair, which no answer can carry.
    field = field.encode("utf-8", "backslashreplace").decode()
    match error["type"]:
        case "range":
            return Rejected(field, str(error["msg"]))
        case "json_invalid":
            return Rejected("", str(context["error"]))
        case "missing":
            return Rejected(field, REQUIRED)
        case "extra_forbidden":
            inside = "field" if "body" in error["loc"] else "parameter"
            return Rejected(field, f"is no {inside} of this path")
        case "greater_than_equal":
            return Rejected(field, f"is below {context['ge']}")
        case "less_than_equal":
            return Rejected(field, f"is above {context['le']}")
        case "uuid_parsing" | "uuid_type":
            return Rejected(field, "is no UUID")
        case "value_error":
            return Rejected(field, str(context["error"]))
        case "string_pattern_mismatch":
            return Rejected(field, "holds a NUL character")
    reason = str(error["msg"])
    return Rejected(field, f"is wrong: {reason[:1].lower()}{reason[1:]}")


def unavailable(fault: Transient) -> Response:
    """503 with Retry-After."""
    message, code = "Database service unavailable", "DATABASE_UNAVAILABLE"
    if isinstance(fault, StatementTimeout):
        message = "The read took too long; ask for a shorter period"
        code = "DATABASE_TIMEOUT"
    elif isinstance(fault, BrokerAway):
        message, code = "Kafka is out of reach", "BROKER_UNAVAILABLE"
    headers = ((b"retry-after", b"%d" % RETRY_AFTER_SECONDS),)
    return refusal(Refused(503, message, code, headers=headers))


def install(app: FastAPI) -> None:
    """Turns every error of `app`, also FastAPI's own, into the one shape."""

    async def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as it is registered
        return invalid(from_validation(error.errors()[0]))

    async def on_rejected(_: Request, error: Exception) -> Response:
        assert isinstance(error, Rejected)  # noqa: S101 - as it is registered
        return invalid(error)

    async def on_refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101 - as it is registered
        return refusal(error)

    async def on_transient(request: Request, error: Exception) -> Response:
        assert isinstance(error, Transient)  # noqa: S101 - as it is registered
        logger().warning("read_failed", path=request.url.path, fault=type(error).__name__)
        return unavailable(error)

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as it is registered
        status = error.status_code
        messages = {404: "There is no such path", 405: "This path does not take this method"}
        message = messages.get(status, str(error.detail))
        title = TITLES.get(status, "error").upper().replace(" ", "_")
        headers = tuple(
            (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
        )
        return refusal(Refused(status, message, title, headers=headers))

    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Rejected, on_rejected)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(Transient, on_transient)
    app.add_exception_handler(HTTPException, on_http)
