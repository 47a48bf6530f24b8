"""`/api/heatmap/{store_id}/pictures`: pictures of the pages that heatmaps are drawn over.

Rules: the access of heatmaps suffices to see them; scope `admin` is required to put and remove
them. A picture's file never changes: a new picture has a new id. The file is served with the type
of its content, and browsers never execute it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from storepulse.access.heatmap_pictures import (
    STATEMENTS,
    NewPicture,
    put_picture,
    remove_picture,
)
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected
from storepulse.domain.picture_files import LONGEST_SIDE
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.heatmaps import PageAsked, StoreId, names_of, page_today, patterns_of
from storepulse.query.wire import Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["heatmaps"], responses=error_responses_of(400, 401, 403, 503)
)
_FILE = {"schema": {"type": "string", "format": "binary"}}
_KINDS = ("image/png", "image/jpeg", "image/webp")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
PictureDevice = Literal["desktop", "tablet", "mobile"]


class ElementBox(BaseModel):
    """The position of an element on the page, in CSS pixels."""

    selector: str
    name: str = Field(description="What people read on it; empty where there is nothing")
    x: int
    y: int
    width: int
    height: int


class PictureShown(BaseModel):
    """A picture of a page; its file is at `/pictures/{picture_id}`."""

    picture_id: UUID
    page: str
    device: PictureDevice
    media_type: str = Field(examples=["image/webp"])
    width: int = Field(description="Of the page, in CSS pixels; the file may have more or fewer")
    height: int
    bytes: int
    source: Literal["captured", "uploaded"]
    taken_at: Utc
    taken_by: str = Field(description="Who stored it, as the audit trail names them")
    elements: list[ElementBox] = Field(description="Of a captured page: those with events")


class PictureList(BaseModel):
    """Pictures of one page, one for each class of device."""

    status: Literal["success"] = "success"
    data: list[PictureShown]


class PictureGiven(PageAsked):
    """A picture of a whole page from its top, PNG, JPEG or WebP."""

    model_config = ConfigDict(extra="forbid", strict=True)

    device: PictureDevice
    width: int = Field(ge=1, le=LONGEST_SIDE, description="Of the page, in CSS pixels")
    picture: str = Field(min_length=1, description="The file in Base64; the body's limit counts")


class PutPicture(BaseModel):
    """The stored picture."""

    picture_id: UUID
    page: str
    device: PictureDevice
    media_type: str
    width: int
    height: int


class PutPictureAnswer(BaseModel):
    """The picture replaced the previous one."""

    status: Literal["success"] = "success"
    data: PutPicture


class PictureRemoved(BaseModel):
    """The picture was removed."""

    status: Literal["success"] = "success"
    picture_id: UUID


@router.get("/api/heatmap/{store_id}/pictures")
async def list_heatmap_pictures(
    request: Request, reader: CanRead, store_id: StoreId, query: Annotated[PageAsked, Query()]
) -> PictureList:
    """The pictures of a page, one for each class of device that has one."""
    reads, store = database(request), reader.store(store_id)
    names = names_of(query.page, await patterns_of(reads, store))
    rows = await reads.rows(STATEMENTS["of_page"], {"store_id": store, "names": names})
    chosen: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: names.index(row["page"])):
        chosen.setdefault(row["device"], row)
    return PictureList(data=[PictureShown.model_validate(row) for row in chosen.values()])


@router.get(
    "/api/heatmap/{store_id}/pictures/{picture_id}",
    response_class=Response,
    responses=error_responses_of(404)
    | {200: {"content": dict.fromkeys(_KINDS, _FILE), "description": "The file"}},
)
async def get_heatmap_picture(
    request: Request, reader: CanRead, store_id: StoreId, picture_id: UUID
) -> Response:
    """The file of a picture."""
    asked = {"store_id": reader.store(store_id), "picture_id": picture_id}
    rows = await database(request).rows(STATEMENTS["file"], asked)
    if not rows:
        raise RequestRefused(404, f"There is no picture {picture_id}", "NOT_FOUND")
    return Response(bytes(rows[0]["picture"]), media_type=rows[0]["media_type"], headers=_HEADERS)


@router.put("/api/heatmap/{store_id}/pictures")
async def change_heatmap_picture(
    request: Request,
    reader: CanAdminister,
    store_id: StoreId,
    body: Annotated[PictureGiven, Body()],
) -> PutPictureAnswer:
    """Store a picture of a page, replacing the previous one."""
    store = reader.one_store(store_id)
    page = page_today(body.page, await patterns_of(database(request), store))
    try:
        data = base64.b64decode(body.picture, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("picture", "is not Base64") from None
    new, now = NewPicture(page, body.device, data, body.width, "uploaded"), system_clock()
    stored = await administer(request, lambda c: put_picture(c, reader.caller, store, new, now))
    return PutPictureAnswer(data=PutPicture.model_validate(stored, from_attributes=True))


@router.delete("/api/heatmap/{store_id}/pictures/{picture_id}", responses=error_responses_of(404))
async def remove_heatmap_picture(
    request: Request, reader: CanAdminister, store_id: StoreId, picture_id: UUID
) -> PictureRemoved:
    """Remove a picture."""
    store = reader.one_store(store_id)
    await administer(request, lambda c: remove_picture(c, reader.caller, store, picture_id))
    return PictureRemoved(picture_id=picture_id)
