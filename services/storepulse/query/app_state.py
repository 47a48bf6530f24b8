"""What the endpoints ask the application for: the database, and who is reading."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from storepulse.adapters.database import Database
from storepulse.query import access

# For the OpenAPI document alone: `access.reader` reads the headers itself.
_BEARER = HTTPBearer(auto_error=False, description="A secret key with scope read: ssk_…")
_HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key")


async def _reader(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)],
    _header: Annotated[object, Security(_HEADER)],
) -> access.Reader:
    return await access.reader(request)


#: The sender of the request, who may read at least one store.
CanRead = Annotated[access.Reader, Depends(_reader)]


def database(request: Request) -> Database:
    """The pool of this application."""
    found: Database = request.app.state.database
    return found
