"""What the endpoints ask the application for: the database, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from storepulse.adapters.database import Database
from storepulse.adapters.settings import Settings
from storepulse.adapters.writing_pool import WritingPool
from storepulse.query import access
from storepulse.query.delivery_stats import DeliveryStats

# For the OpenAPI document alone: `access.holder` reads the headers itself.
_BEARER = HTTPBearer(auto_error=False, description="A secret key with the path's scope: ssk_…")
_HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key")


async def _reader(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)],
    _header: Annotated[object, Security(_HEADER)],
) -> access.Reader:
    return await access.holder(request, "read")


async def _operator(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)],
    _header: Annotated[object, Security(_HEADER)],
) -> access.Reader:
    return await access.holder(request, "ops")


async def _administrator(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)],
    _header: Annotated[object, Security(_HEADER)],
) -> access.Reader:
    return await access.holder(request, "admin")


#: The sender of the request, who may read at least one store.
CanRead = Annotated[access.Reader, Depends(_reader)]
#: The sender of the request, who may operate on at least one store.
CanOperate = Annotated[access.Reader, Depends(_operator)]
#: The sender of the request, who may administer at least one store.
CanAdminister = Annotated[access.Reader, Depends(_administrator)]


def database(request: Request) -> Database:
    """The pool of this application."""
    found: Database = request.app.state.database
    return found


def writes(request: Request) -> WritingPool:
    """The connections of this application that may write."""
    found: WritingPool = request.app.state.writes
    return found


def settings(request: Request) -> Settings:
    """The settings of this application."""
    found: Settings = request.app.state.settings
    return found


def delivery_stats(request: Request) -> DeliveryStats:
    """The figures of deliveries that this application remembers."""
    found: DeliveryStats = request.app.state.delivery_stats
    return found
