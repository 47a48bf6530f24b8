"""Routes that check a request's query and body before anything else does.

Rules: a query is UTF-8, percent-encoded or not (for the path, the server checks that). Unknown
parameters are refused, and so are repeated ones, because readers disagree on which value counts.
Whole numbers are written in digits, without spaces, underscores, a fraction or leading zeros. JSON
bodies are parsed by `domain.json_values`. A violation gets 400. All that a route reads comes from
one snapshot of the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from functools import cached_property
from typing import Any, get_args
from urllib.parse import parse_qsl, unquote_to_bytes

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from storepulse.domain import json_values
from storepulse.domain.errors import Rejected
from storepulse.query.app_state import snapshot_of

#: At most the digits of a 64-bit number.
_is_whole_number = re.compile(r"-?(?:0|[1-9][0-9]{0,18})").fullmatch

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _CheckedRequest(Request):
    """A request whose JSON is parsed by our rules."""

    async def json(self) -> Any:
        try:
            return json_values.read(await self.body())
        except Rejected as error:
            # The only error that FastAPI turns into an answer about the body.
            raise json.JSONDecodeError(error.reason, "", 0) from None


class QueryCheckedRoute(APIRoute):
    """Checks that the query is text; for interfaces that must accept unknown parameters."""

    def get_route_handler(self) -> Handler:
        """The route's handler, wrapped in the checks."""
        serve = super().get_route_handler()

        async def check_and_serve(request: Request) -> Response:
            self.check(request)
            async with snapshot_of(request):
                return await serve(_CheckedRequest(request.scope, request.receive))

        return check_and_serve

    def check(self, request: Request) -> None:
        """Raises Rejected."""
        if not _is_utf8(request.scope.get("query_string") or b""):
            raise Rejected("query", "is not valid UTF-8")


class CheckedRoute(QueryCheckedRoute):
    """Also checks the names of parameters."""

    def check(self, request: Request) -> None:
        """Raises Rejected."""
        super().check(request)
        query = request.scope["query_string"].decode()
        names_seen: set[str] = set()
        pairs = parse_qsl(query, keep_blank_values=True)
        for name, _ in pairs:
            if name in names_seen:
                raise Rejected(name, "was given twice")
            names_seen.add(name)
        allowed = _parameters(self.dependant)
        if allowed is not None and (unknown := sorted(names_seen - allowed)):
            raise Rejected(unknown[0], "is not a parameter of this path")
        stated = [*pairs, *request.path_params.items()]
        for name, value in stated:
            if name in self._whole_numbers and _is_whole_number(value) is None:
                raise Rejected(name, "is wrong: it must be a whole number in digits, such as 50")

    @cached_property
    def _whole_numbers(self) -> frozenset[str]:
        """The parameters of the path whose type is a whole number."""
        return frozenset(_whole_numbers(self.dependant))


def _whole_numbers(dependant: Dependant) -> Iterator[str]:
    for field in (*_fields(dependant), *dependant.path_params):
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (
                own.alias or name
                for name, own in kind.model_fields.items()
                if _is_of_numbers(own.annotation)
            )
        elif _is_of_numbers(kind):
            yield field.alias


def _is_of_numbers(kind: Any) -> bool:
    return kind is int or int in get_args(kind)


def _parameters(dependant: Dependant) -> set[str] | None:
    """The query parameters of a path; None if a model refuses unknown ones itself."""
    names: set[str] = set()
    for field in _fields(dependant):
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return None
        names.add(field.alias)
    return names


def _fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _fields(inner)


def _is_utf8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True
