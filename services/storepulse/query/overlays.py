"""Heatmaps on the live page: links that open it, and the figures that the page then requests.

Rules: anyone who may read a store's figures may make a link. Its token opens the heatmap of one
page of that store for an hour at most (`domain.overlay_links`), and ends with the key that made it.
Pages send the token in a text body, so that it is in no URL and no log, and browsers send no
preflight. Only pages of the token's origin may send it, and only they can read the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from storepulse.access.keys import ApiKey
from storepulse.access.overlays import make_link
from storepulse.access.rules.needs import READ, denial_of
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain import overlay_links
from storepulse.domain.overlay_links import GrantEnded, OverlayGrant, read_grant
from storepulse.domain.pages import page_of, rewritten
from storepulse.domain.signed_tokens import NotSigned, Unreadable
from storepulse.query.administering import secret_box
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.heatmaps import (
    HeatmapAnswer,
    HeatmapFilter,
    StoreId,
    patterns_of,
    read_heatmap,
)
from storepulse.query.wire import Text, Utc

_KEY = named_sql("query/service")["key_by_id"]
_JSON: Header = (b"content-type", b"application/json")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(CheckedRoute):
    """Takes JSON of any content type: pages send it as text, which needs no preflight."""

    def get_route_handler(self) -> Handler:
        """The route's handler, wrapped in the checks."""
        serve = super().get_route_handler()

        async def serve_json(request: Request) -> Response:
            others = [pair for pair in request.scope["headers"] if pair[0] != _JSON[0]]
            scope = {**request.scope, "headers": [*others, _JSON]}
            return await serve(Request(scope, request.receive))

        return serve_json


router = APIRouter(tags=["heatmaps"], responses=error_responses_of(400, 401, 403, 503))


class OverlayLinkGiven(BaseModel):
    """The page of the shop to open, and the lifetime of the link."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Text = Field(description="Of the page", examples=["https://shop.example/products/mug"])
    expires_in: int = Field(
        overlay_links.LONGEST_SECONDS,
        ge=overlay_links.SHORTEST_SECONDS,
        le=overlay_links.LONGEST_SECONDS,
        description="Seconds",
    )


class OverlayLinkAnswer(BaseModel):
    """A link. For this one page it grants what the key that made it grants."""

    status: Literal["success"] = "success"
    token: str
    url: str = Field(description="The page with the token behind the #")
    expiresAt: Utc  # noqa: N815 - as its clients know it


class OverlayAsked(HeatmapFilter):
    """A page's request; `page` is its own address."""

    token: str = Field(description="Of the link")


class OverlayAnswer(HeatmapAnswer):
    """A heatmap with its filters."""

    kind: str | None
    device: str | None
    expires_at: Utc = Field(description="When the link ends")


@router.post("/api/heatmap/{store_id}/overlay")
async def create_overlay_link(
    request: Request,
    reader: CanRead,
    store_id: StoreId,
    body: Annotated[OverlayLinkGiven, Body()],
) -> OverlayLinkAnswer:
    """Make a link that opens a page of the shop with its heatmap drawn over it."""
    reader.store(store_id)
    assert reader.key is not None  # noqa: S101 - the route is never open
    link = make_link(
        secret_box(request),
        store_id,
        body.url,
        reader.key.key_id,
        body.expires_in,
        system_clock(),
    )
    return OverlayLinkAnswer(token=link.token, url=link.url, expiresAt=link.expires_at)


async def get_overlay(
    request: Request, response: Response, body: Annotated[OverlayAsked, Body()]
) -> OverlayAnswer:
    """The heatmap of the page that a link's token opens, for that page itself."""
    grant = _grant_of(request, body.token)
    cors = _cors_headers(grant)
    reads = database(request)
    if not any(
        denial_of(READ, key) is None and key.store_id in (None, grant.store_id)
        for key in (ApiKey(**row) for row in await reads.rows(_KEY, {"key_id": grant.key_id}))
    ):
        message = "The key that made this link no longer reads this store"
        raise RequestRefused(401, message, "KEY_INVALID", headers=cors)
    patterns = await patterns_of(reads, grant.store_id)
    if page_of(body.page, patterns) != rewritten(grant.page, patterns):
        message = f"This link is for the page {grant.page}"
        raise RequestRefused(403, message, "OTHER_PAGE", headers=cors)
    for name, value in cors:
        response.headers[name.decode()] = value.decode()
    response.headers["Cache-Control"] = "no-store"
    heatmap = await read_heatmap(request, grant.store_id, body)
    return OverlayAnswer(
        **dict(heatmap),
        kind=body.kind,
        device=body.device,
        expires_at=datetime.fromtimestamp(grant.until, UTC),
    )


router.add_api_route(
    "/api/heatmap-overlay", get_overlay, methods=["POST"], route_class_override=PageRoute
)


def _grant_of(request: Request, token: str) -> OverlayGrant:
    """The grant of a token to the page that sends it. Raises RequestRefused 401, 403."""
    keys = secret_box(request).signing_keys(overlay_links.PURPOSE)
    origin = request.headers.get("origin", "")
    try:
        grant = read_grant(token, keys, system_clock().timestamp())
    except (Unreadable, NotSigned):
        raise RequestRefused(401, "The link is not one of ours", "TOKEN_INVALID") from None
    except GrantEnded as ended:
        cors = _cors_headers(ended.grant) if ended.grant.origin == origin else ()
        message = "The link has ended; make a new one"
        raise RequestRefused(401, message, "TOKEN_EXPIRED", headers=cors) from None
    if grant.origin != origin:
        raise RequestRefused(403, "This link is for another site", "OTHER_ORIGIN")
    return grant


def _cors_headers(grant: OverlayGrant) -> tuple[Header, ...]:
    return (
        (b"access-control-allow-origin", grant.origin.encode()),
        (b"vary", b"Origin"),
    )
