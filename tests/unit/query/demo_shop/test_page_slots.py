"""The shop's pages: what they are made of, and what is shown where the gateway does not help."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from storepulse.adapters.settings import Settings
from storepulse.query.demo_shop import pages
from storepulse.query.demo_shop.opening import OpenShop
from storepulse.query.demo_shop.page_slots import AUTHORED, HOME, PRODUCT, own_page, own_slots
from storepulse.query.demo_shop.pages import PageSetup
from storepulse.query.demo_shop.shop_server import AskedPage, ShopServer
from storepulse.query.demo_shop.visitor import ShopVisitor

SLOTS = Path(__file__).parents[4] / "services" / "shop" / "src" / "slots"
STORE = UUID("e0451a44-08be-5c00-aad4-cf07e4ace7ec")
OPEN = OpenShop(STORE, "spk_x", "ssk_x", None)
VISITOR = ShopVisitor("session-1", "visitor-1")
SLOT = {"slot_id": "buy", "component": "BuyBox", "position": 0, "enabled": True, "props": {}}
TEST = {"test_id": "t", "variant_id": "b", "reason": None}


@pytest.mark.parametrize("page_type", AUTHORED)
def test_the_pages_draw_each_block(page_type: str) -> None:
    source = (SLOTS / f"{page_type}_blocks.tsx").read_text()
    drawn = re.search(rf"{page_type.upper()}: Components = {{([^}}]+)}}", source)
    assert drawn is not None
    assert {name.strip() for name in drawn[1].split(",")} == {
        slot["component"] for slot in own_slots(page_type)
    }


def asked_with(answer: Any, asked: AskedPage) -> tuple[Any, list[httpx.Request]]:
    """The page where the gateway gives this answer, or raises it; and how it was asked."""
    calls: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    async def ask() -> Any:
        server = ShopServer(Settings(), None)  # type: ignore[arg-type] - nothing is written
        await server._api.aclose()
        server._api = httpx.AsyncClient(transport=httpx.MockTransport(respond))
        opened: asyncio.Future[OpenShop] = asyncio.get_running_loop().create_future()
        opened.set_result(OPEN)
        server._opening = opened  # type: ignore[assignment] - it is awaited alone
        return await server.page(asked)

    return asyncio.run(ask()), calls


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.Response(404, json={}),
        httpx.Response(429, json={}),
        httpx.Response(200, text="<html>"),
        {"data": None},
        {"data": {"slots": []}},
        {"data": {"slots": None, "tests": []}},
        {"data": {"slots": [], "tests": [{}]}},
        [],
    ],
    ids=repr,
)
def test_the_shop_has_its_own_pages_where_the_gateway_has_none(answer: Any) -> None:
    found, _ = asked_with(answer, AskedPage(PRODUCT, "tee-oat", VISITOR, "agent", ""))
    assert found == own_page(PRODUCT, "tee-oat")
    assert found.slots


def test_a_visitor_is_told_and_who_did_not_agree_is_not() -> None:
    told = {"data": {"slots": [SLOT], "tests": [TEST]}}
    found, [call] = asked_with(told, AskedPage(PRODUCT, "tee-oat", VISITOR, "agent", ""))
    assert (found.slots, found.variants, found.is_preview) == ([SLOT], {"t": "b"}, False)
    assert call.url.path == "/api/page-config/product/tee-oat"
    assert dict(call.url.params) == {
        "store_id": str(STORE),
        "user_agent": "agent",
        "visitor_id": "visitor-1",
        "session_id": "session-1",
    }
    _, [call] = asked_with(told, AskedPage(HOME, "front", None, "agent", ""))
    assert dict(call.url.params) == {"store_id": str(STORE), "user_agent": "agent"}


def test_a_preview_names_no_visitor() -> None:
    told = {"data": {"slots": [SLOT], "tests": [TEST | {"reason": "preview"}]}}
    found, [call] = asked_with(told, AskedPage(HOME, "front", VISITOR, "agent", "a.b&c"))
    assert found.is_preview
    assert call.url.params["preview"] == "a.b&c"
    assert "visitor_id" not in call.url.params


def test_only_the_preview_may_be_framed() -> None:
    setup = PageSetup(str(STORE), "http://127.0.0.1:8080", "spk_x", None)
    assert "frame-ancestors 'none';" in pages.security_policy(setup, "n0")
    policy = dict(
        part.strip().partition(" ")[::2] for part in pages.preview_policy("n0").split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'nonce-n0'",
        "style-src": "'nonce-n0'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_preview_has_no_key_and_no_tracker() -> None:
    page = (SLOTS.parents[1] / "preview.html").read_text()
    assert re.findall(r"\{\w+\}", page) == ["{nonce}", "{style}", "{nonce}", "{script}"]
