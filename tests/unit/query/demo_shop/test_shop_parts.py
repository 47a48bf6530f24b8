"""The demo shop's server, as far as it touches nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from storepulse.query.demo_shop import journey, pages
from storepulse.query.demo_shop.catalogue import PRICES, lines_of, total_of
from storepulse.query.demo_shop.chat import answer_to
from storepulse.query.demo_shop.pages import PageSetup
from storepulse.query.demo_shop.visitor import visitor_of

PAGES = Path(__file__).parents[4] / "services" / "shop" / "src"
SETUP = PageSetup("e0451a44-08be-5c00-aad4-cf07e4ace7ec", "http://127.0.0.1:8080", "spk_x", None)
ALLOWED = {
    "sp_consent": "gu",
    "sp_session": "01a22969-d840-7418-bb46-4f71dd3210e4",
    "sp_visitor": "01a22969-d84c-70a2-9d60-b42821da6c7f",
}


def test_the_server_knows_the_prices_of_the_pages() -> None:
    source = (PAGES / "catalogue.ts").read_text()
    shown = re.findall(r'id: "([^"]+)",.*?price: "([^"]+)"', source, re.DOTALL)
    assert {product: Decimal(price) for product, price in shown} == PRICES


def test_orders_cost_what_their_lines_do() -> None:
    cart = [("tee-oat", 3), ("beanie-coral", 1)]
    assert total_of(cart) == Decimal("149.00")
    assert lines_of(cart)[0] == {"product_id": "tee-oat", "quantity": 3, "price": "39.00"}


@pytest.mark.parametrize(
    ("said", "product"),
    [("Something WARM", "knit-rust"), ("a coat please", "coat-camel"), ("ß \u202e", None)],
)
def test_the_bot_answers(said: str, product: str | None) -> None:
    saying = answer_to(said)
    assert saying.text
    assert saying.product == product


@pytest.mark.parametrize(
    "cookies",
    [
        {},
        ALLOWED | {"sp_consent": "du"},
        ALLOWED | {"sp_consent": ""},
        ALLOWED | {"sp_session": 'x"; drop'},
        ALLOWED | {"sp_visitor": "v" * 129},
        {"sp_consent": "gg"},
    ],
)
def test_nobody_is_told_of_who_did_not_allow_it(cookies: dict[str, str]) -> None:
    assert visitor_of(cookies) is None


def test_a_visitor_has_one_chat() -> None:
    visitor = visitor_of(ALLOWED)
    assert visitor is not None
    assert visitor.chat == visitor_of(ALLOWED | {"sp_session": "another-visit"}).chat  # type: ignore[union-attr]
    assert 0 < visitor.chat < 2**48


def test_a_row_is_shown_with_what_it_was_about() -> None:
    row = {
        "event_id": "1",
        "activity_type": "custom",
        "name": "hero_pressed",
        "page_url": "http://127.0.0.1:8081/demo?x=1",
        "value": None,
        "source": "tracker",
        "occurred_at": "2026-11-29T22:00:00.000Z",
        "received_at": "2026-11-29T22:00:01.000Z",
    }
    [event] = journey.events_of("activity", [row])
    assert (event["type"], event["summary"], event["sent_by"]) == ("hero_pressed", "/demo", "page")
    [event] = journey.events_of("order", [row | {"event_type": "paid", "source": "server"}])
    assert (event["type"], event["sent_by"]) == ("paid", "server")


def test_the_page_is_filled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    template = b'<script id="setup" nonce="{nonce}">{setup}</script>{stub}{tracker}'
    monkeypatch.setattr(pages, "file_of", lambda _: template)
    hostile = PageSetup(SETUP.store_id, SETUP.gateway, "</script>{nonce}", None)
    page = pages.shop_page(hostile, "n0")
    assert page.count("</script>") == 2
    assert "{nonce}" in page  # of the key: what was filled in is not filled again
    assert 'nonce="n0"' in page


@pytest.mark.parametrize(
    "name", ["../opening.py", "coat-camel-ada.svg", "coat-camel-ada-0123456789abcdef.svg/..", ""]
)
def test_pictures_have_one_form_of_name(name: str) -> None:
    assert pages.worn_picture(name) is None
