"""The demo shop's paths, below `/demo`. They are served to this machine only."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict, replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, Response

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.plain_httpx import httpx
from storepulse.domain.errors import Rejected
from storepulse.query.checked_route import QueryCheckedRoute
from storepulse.query.demo_shop import pages, telling
from storepulse.query.demo_shop.campaign import campaign_of, landing_page
from storepulse.query.demo_shop.catalogue import MODELS, PRICES, lines_of, total_of
from storepulse.query.demo_shop.chat import answer_to
from storepulse.query.demo_shop.figures import figures_of
from storepulse.query.demo_shop.page_slots import HOME, PRODUCT, SLUGS, ShopPage
from storepulse.query.demo_shop.pages import PageSetup
from storepulse.query.demo_shop.shop_server import AskedPage, ShopServer
from storepulse.query.demo_shop.visitor import visitor_of

router = APIRouter(route_class=QueryCheckedRoute, include_in_schema=False)
_FILES = {"shop.js": "text/javascript; charset=utf-8", "shop.css": "text/css; charset=utf-8"}
_SVG = "image/svg+xml"


class _Given(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Said(_Given):
    """A message to the bot."""

    text: str = Field(min_length=1, max_length=500)
    #: The parameter of the campaign link that opened the chat.
    start_param: str | None = Field(None, max_length=64)


class TryOn(_Given):
    """A product and the model to wear it."""

    product: str
    model: str


class CartLine(_Given):
    """A line of the cart."""

    product: str
    quantity: int = Field(ge=1, le=99)


class Checkout(_Given):
    """A cart to pay for."""

    lines: list[CartLine] = Field(min_length=1, max_length=50)
    email: str = Field(max_length=254)


def _server(request: Request) -> ShopServer:
    server: ShopServer = request.app.state.demo_shop
    return server


def _check_built() -> None:
    if not pages.is_built():
        message = "The demo shop was not built; `make setup` builds it"
        raise RequestRefused(404, message, "NOT_BUILT")


async def _page(request: Request, page_type: str, slug: str) -> ShopPage:
    """A page as its visitor gets it."""
    asked = AskedPage(
        page_type,
        slug,
        visitor_of(request.cookies),
        request.headers.get("user-agent", ""),
        request.query_params.get("preview", ""),
    )
    return await _server(request).page(asked)


async def _setup(request: Request) -> PageSetup:
    """The values that the page is made with, with the host that the visitor's browser uses."""
    _check_built()
    shop = await _server(request).shop()
    host = urlsplit(str(request.base_url)).hostname or "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return PageSetup(
        store_id=str(shop.store_id),
        gateway=f"http://{host}:{request.app.state.settings.gateway_port}",
        key=shop.publishable_key,
        hero_test=None if shop.hero_test is None else str(shop.hero_test),
        tests=await _server(request).tests(),
    )


@router.get("/demo/cart")
@router.get("/demo/checkout")
@router.get("/demo/thanks/{order}")
async def get_page(request: Request) -> Response:
    """The page for these addresses of the shop; its script reads the address."""
    return _answer(await _setup(request))


@router.get("/demo")
async def get_front_page(request: Request) -> Response:
    """The front page with its slots."""
    setup = await _setup(request)
    return _answer_with(setup, await _page(request, HOME, SLUGS[HOME]))


@router.get("/demo/p/{product}")
async def get_product_page(request: Request, product: str) -> Response:
    """A product's page with its slots."""
    setup = await _setup(request)
    if product not in PRICES:
        return _answer(setup)
    return _answer_with(setup, await _page(request, PRODUCT, product))


@router.get("/demo/preview")
@router.get("/demo/preview/p/{product}")
async def get_preview() -> Response:
    """The page that the console's editor of experiments shows in a frame."""
    _check_built()
    nonce = secrets.token_urlsafe(16)
    headers = {
        "content-security-policy": pages.preview_policy(nonce),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(pages.preview_page(nonce), headers=headers)


def _answer_with(setup: PageSetup, page: ShopPage) -> Response:
    # A preview takes part in no test.
    return _answer(replace(setup, page=page, tests=[] if page.is_preview else setup.tests))


def _answer(setup: PageSetup) -> Response:
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(pages.shop_page(setup, nonce), headers=_headers_of(setup, nonce))


def _headers_of(setup: PageSetup, nonce: str) -> dict[str, str]:
    return {
        "content-security-policy": pages.security_policy(setup, nonce),
        "cache-control": "no-store",
        "referrer-policy": "strict-origin-when-cross-origin",
    }


@router.get("/demo/landing")
async def get_landing_page(request: Request) -> Response:
    """The campaign's landing page, made as a shop's Python program makes it."""
    setup, nonce = await _setup(request), secrets.token_urlsafe(16)
    template = pages.file_of("landing.html").decode()
    page = landing_page(template, setup.gateway, setup.key, secrets.token_hex(8), nonce)
    return HTMLResponse(page, headers=_headers_of(setup, nonce))


@router.get("/demo/files/{name}")
async def get_file(name: str) -> Response:
    """The shop's script or style."""
    kind = _FILES.get(name)
    if kind is None or not pages.is_built():
        raise RequestRefused(404, "There is no such file", "NOT_FOUND")
    return Response(pages.file_of(name), media_type=kind, headers={"cache-control": "no-cache"})


@router.get("/demo/pictures/{name}")
async def get_picture(name: str) -> Response:
    """The picture of a try-on."""
    picture = pages.worn_picture(name)
    if picture is None:
        raise RequestRefused(404, "There is no such picture", "NOT_FOUND")
    # When opened directly, the picture must not run scripts.
    policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(picture, media_type=_SVG, headers=policy)


@router.post("/demo/api/chat")
async def post_chat(request: Request, said: Annotated[Said, Body()]) -> Response:
    """The bot's answer."""
    saying, visitor = answer_to(said.text), visitor_of(request.cookies)
    if visitor is not None:
        client = await _server(request).client()
        start = said.start_param or ""
        if (arrival := campaign_of(start)) is not None:
            telling.tell_arrival(client, visitor, arrival, start)
        telling.tell_chat(client, visitor, said.text, saying)
    reply: dict[str, Any] = {"from": "bot", "text": saying.text}
    if saying.product is not None:
        reply["product"] = saying.product
    if saying.buttons:
        reply["buttons"] = saying.buttons
    return JSONResponse({"replies": [reply]})


@router.post("/demo/api/try-on")
async def post_try_on(request: Request, wish: Annotated[TryOn, Body()]) -> Response:
    """The URL of a new picture of the model with the product."""
    model = wish.model.lower()
    if wish.product not in PRICES:
        raise Rejected("product", "is not one of the shop's products")
    if model not in MODELS:
        raise Rejected("model", f"must be one of {', '.join(MODELS)}")
    name = f"{wish.product}-{model}-{secrets.token_hex(8)}.svg"
    if pages.worn_picture(name) is None:
        raise Rejected("product", "cannot be tried on")
    address = f"{str(request.base_url).rstrip('/')}/demo/pictures/{name}"
    visitor = visitor_of(request.cookies)
    if visitor is not None:
        client = await _server(request).client()
        telling.tell_picture(client, visitor, wish.product, address)
    return JSONResponse({"picture": address})


@router.post("/demo/api/checkout")
async def post_checkout(request: Request, paid: Annotated[Checkout, Body()]) -> Response:
    """The number of the order."""
    for at, line in enumerate(paid.lines):
        if line.product not in PRICES:
            raise Rejected(f"lines.{at}.product", "is not one of the shop's products")
    order = f"AL-{secrets.randbelow(10**10):010d}"
    visitor = visitor_of(request.cookies)
    if visitor is not None:
        cart = [(line.product, line.quantity) for line in paid.lines]
        client = await _server(request).client()
        telling.tell_order(client, visitor, order, total_of(cart), lines_of(cart), paid.email)
    return JSONResponse({"order_id": order})


@router.get("/demo/api/slots/{product}")
async def get_slots(request: Request, product: str) -> Response:
    """The page that a visitor navigates to: a product's, or the front page."""
    if product == SLUGS[HOME]:
        return JSONResponse(asdict(await _page(request, HOME, product)))
    if product not in PRICES:
        raise RequestRefused(404, "There is no such page", "NOT_FOUND")
    return JSONResponse(asdict(await _page(request, PRODUCT, product)))


@router.get("/demo/api/journey")
async def get_journey(request: Request) -> Response:
    """The stored events of the visit, and the shop's figures."""
    server, visitor = _server(request), visitor_of(request.cookies)
    if visitor is None:
        return JSONResponse({"events": [], "figures": []})
    try:
        events, figures = await asyncio.gather(server.rows_of(visitor), figures_of(server))
    except httpx.HTTPError as error:
        # The panel will retry.
        raise RequestRefused(503, "The shop's figures cannot be read", "UNREADABLE") from error
    return JSONResponse({"events": events, "figures": figures})
