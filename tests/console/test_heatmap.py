"""Heatmap: a page under its cells, the list that says the same, pictures, the link to the page."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.console.opened import Opened, OpenPage
from tests.console.pages import last_7_days
from tests.console.stack import STORE, ConsoleStack, store_id
from tests.console.test_delivery import sign_in
from tests.console.watching import check_fits

from storepulse.access import heatmap_pictures, keys
from storepulse.access.heatmap_pictures import NewPicture
from storepulse.access.rules.administration import CLI
from storepulse.adapters.clock import system_clock
from storepulse.domain.picture_files import PlacedElement

pytestmark = pytest.mark.timeout(600)
ROOT = f"/api/heatmap/{store_id()}"


def heatmap(stack: ConsoleStack, **asked: str) -> Any:
    asked = {"page": first_page(stack), "device": "desktop", "kind": "click", **asked}
    return stack.read(ROOT, **last_7_days(), limit=500, **asked)["data"]


def first_page(stack: ConsoleStack) -> str:
    return str(stack.read(f"{ROOT}/pages", **last_7_days())["data"][0]["page"])


def figure(opened: Opened, name: str) -> Locator:
    return opened.page.locator(f"[data-figure={name}] [data-value]")


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("Elements by")).get_by_role("listitem")


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = (b"\0" + b"\x30\x90\x50" * width) * height
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def captured(stack: ConsoleStack) -> Any:
    """A picture of the first page, on which the element with most clicks has its place. Clicks that
    named no element are no element."""
    page = first_page(stack)
    top = next(one["selector"] for one in heatmap(stack)["elements"] if one["selector"])
    place = PlacedElement(top, "Try it on", 600, 1500, 300, 80)
    new = NewPicture(page, "desktop", png(144, 200), 1440, "captured", [place])
    with stack.world.connect() as connection:
        stored = heatmap_pictures.put_picture(
            connection, CLI, UUID(store_id()), new, system_clock()
        )
        yield stored
        connection.execute("DELETE FROM heatmap_pictures")


def test_every_cell_is_drawn_and_the_list_says_the_same(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/heatmap")
    page, told = opened.page, heatmap(stack)
    assert told["cells"]
    canvas = page.locator("canvas[data-cells]")
    expect(canvas).to_have_attribute("data-cells", str(len(told["cells"])))
    events = sum(cell["events"] for cell in told["cells"])
    expect(canvas).to_have_attribute("data-events", str(events))
    assert drawn(page) > 0
    for name, total in (("clicks", "clicks"), ("rage", "rage_clicks"), ("dead", "dead_clicks")):
        expect(figure(opened, name)).to_have_text(f"{told['totals'][total]:,}")
    clicked = [one for one in told["elements"] if one["clicks"]]
    expect(rows(page)).to_have_count(len(clicked))
    first = rows(page).first
    expect(first.locator("[data-value]")).to_contain_text(f"{clicked[0]['clicks']:,}")
    expect(first).to_contain_text(clicked[0]["selector"])
    share = clicked[0]["clicks"] / told["totals"]["clicks"]
    expect(first).to_contain_text(f"{share * 100:.1f}%")
    most = max(cell["events"] for cell in told["cells"])
    expect(page.locator("[data-legend]")).to_contain_text(f"{most:,} clicks a cell")
    expect(page.locator("[data-note]")).to_contain_text(f"All {len(told['cells']):,} cells")
    expect(page.locator("[data-note]")).to_contain_text("There is no picture of this page")
    check_fits(page)


def drawn(page: Page) -> int:
    """Pixels of the canvas that are not empty."""
    return int(
        page.locator("canvas[data-cells]").evaluate(
            """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
                 .data.filter((value, at) => at % 4 === 3 && value > 0).length"""
        )
    )


def test_kind_device_and_trouble_stand_in_the_address(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/heatmap")
    page = opened.page
    page.get_by_role("radio", name="Mobile").click()
    expect(figure(opened, "clicks")).to_have_text(
        f"{heatmap(stack, device='mobile')['totals']['clicks']:,}"
    )
    page.get_by_role("radio", name="All", exact=True).click()
    whole = stack.read(ROOT, **last_7_days(), page=first_page(stack), kind="click", limit=500)[
        "data"
    ]
    expect(figure(opened, "clicks")).to_have_text(f"{whole['totals']['clicks']:,}")
    page.get_by_role("button", name="Rage and dead only").click()
    troubled = [one for one in whole["elements"] if one["rage_clicks"] or one["dead_clicks"]]
    assert 0 < len(troubled) < len(whole["elements"])
    expect(rows(page)).to_have_count(len(troubled))
    assert "f.device=all" in page.url
    assert "f.only=trouble" in page.url
    page.reload()
    expect(rows(page)).to_have_count(len(troubled))
    page.get_by_role("radio", name="Hovers").click()
    expect(figure(opened, "hovers")).to_have_text(f"{whole['totals']['hovers']:,}")
    page.get_by_role("radio", name="Scroll").click()
    expect(figure(opened, "views")).to_have_text(f"{whole['totals']['views']:,}")
    for reach in whole["scroll_reach"]:
        row = page.locator(f"[data-part='{reach['percent']}']")
        expect(row).to_contain_text(f"{reach['views']:,}")
        expect(row).to_contain_text(f"{(reach['share'] or 0) * 100:.1f}%")
    page.go_back()
    page.go_back()
    expect(rows(page)).to_have_count(len(troubled))


def test_a_page_is_found_by_keyboard(open_page: OpenPage, stack: ConsoleStack) -> None:
    pages = stack.read(f"{ROOT}/pages", **last_7_days())["data"]
    wanted = pages[1]["page"]
    opened = open_page("/overview")
    page = opened.page
    expect(opened.heading).to_have_text("Overview")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(opened.heading).to_have_text("Heatmap")
    chooser = page.locator("[data-page]")
    expect(chooser).to_have_attribute("data-page", pages[0]["page"])
    chooser.focus()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Find a page").fill(wanted)
    expect(page.get_by_role("option").first).to_contain_text(wanted)
    page.get_by_role("option", name=wanted).first.focus()
    page.keyboard.press("Enter")
    expect(chooser).to_have_attribute("data-page", wanted)
    told = heatmap(stack, page=wanted)
    expect(figure(opened, "clicks")).to_have_text(f"{told['totals']['clicks']:,}")
    chooser.focus()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Find a page").fill("/no/such/page")
    expect(page.get_by_text("No page of this period has that in its path.")).to_be_visible()


def test_elements_are_framed_on_a_captured_page(
    open_page: OpenPage, stack: ConsoleStack, captured: Any
) -> None:
    opened = open_page("/heatmap")
    page = opened.page
    picture = page.locator(f"img[src$='/pictures/{captured.picture_id}']")
    expect(picture).to_be_visible()
    assert picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 144
    expect(page.locator("[data-note]")).to_contain_text("Page as captured")
    named = [place for place, one in enumerate(heatmap(stack)["elements"]) if one["selector"]]
    first, second = (rows(page).nth(place).get_by_role("button") for place in named[:2])
    expect(first).to_contain_text("Try it on")
    mark = page.locator("[data-mark]")
    expect(mark).to_have_count(0)
    first.hover()
    expect(mark).to_contain_text(f"{named[0] + 1} · Try it on · ")
    page.mouse.move(300, 20)
    expect(mark).to_have_count(0)
    # By keyboard: the frame follows the focus, and the board scrolls to it, not the document.
    for _ in range(named[0] + 1):
        page.keyboard.press("j")
    expect(first).to_be_focused()
    expect(mark).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    for _ in range(named[1] - named[0]):
        page.keyboard.press("j")
    expect(second).to_be_focused()
    expect(mark).to_have_count(0)
    page.reload()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(mark).to_be_in_viewport()
    phone = open_page("/heatmap", width=360)
    check_fits(phone.page)


def test_a_picture_is_uploaded_and_removed(
    open_page: OpenPage, stack: ConsoleStack, tmp_path: Path
) -> None:
    opened = open_page("/heatmap")
    page = opened.page
    listed = f"{ROOT}/pictures"
    page.get_by_role("button", name="Picture", exact=True).click()
    state = page.locator("[data-picture-state]")
    expect(state).to_contain_text("There is no picture of this page for desktop.")
    address = first_page(stack)
    expect(page.get_by_text(f"storepulse capture https://{STORE}{address}")).to_be_visible()
    file = tmp_path / "page.png"
    file.write_bytes(png(1440, 2000))
    page.locator("input[type=file]").set_input_files(str(file))
    expect(state).to_contain_text("Uploaded")
    (stored,) = stack.read(listed, page=address)["data"]
    assert (stored["device"], stored["width"], stored["height"]) == ("desktop", 1440, 2000)
    assert stored["media_type"] == "image/webp"
    expect(page.locator(f"img[src$='{stored['picture_id']}']")).to_be_visible()
    file.write_text("no picture")
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_role("alert")).to_contain_text("no picture that a browser can draw")
    page.get_by_role("button", name="Remove this picture").click()
    expect(state).to_contain_text("There is no picture")
    assert stack.read(listed, page=address)["data"] == []


def test_who_may_only_read_is_told_why(stack: ConsoleStack, browser: Browser) -> None:
    key = keys.new_key("secret")
    with stack.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, stack, key)
        page.goto(f"{stack.console}/heatmap?store={STORE}")
        page.get_by_role("button", name="Picture", exact=True).click()
        button = page.get_by_role("button", name="Choose a picture")
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_accessible_description(re.compile("scope “admin”"))
    finally:
        context.close()


def test_a_link_opens_the_live_page(open_page: OpenPage, stack: ConsoleStack) -> None:
    opened = open_page("/heatmap")
    page = opened.page
    page.get_by_role("button", name="Open on the live page").click()
    field = page.get_by_role("textbox", name="Address of the page")
    expect(field).to_have_value(f"https://{STORE}{first_page(stack)}")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("link", name="Open the page with its heatmap")
    address = link.get_attribute("href") or ""
    assert address.startswith(f"https://{STORE}{first_page(stack)}#storepulse_overlay=")
    assert "noopener" in (link.get_attribute("rel") or "")
    field.fill("nowhere")
    opened.watch.expected.add(400)
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text(re.compile("not an http or https URL"))).to_be_visible()
    assert "storepulse_overlay" not in page.url


def test_texts_of_selectors_stay_texts(open_page: OpenPage, stack: ConsoleStack) -> None:
    hostile = "img[onerror=\"__hostile('selector')\"] > <img src=x onerror=__hostile()>\u202eevil"

    def spoil(opened: Opened) -> None:
        def answer(route: Any) -> None:
            response = route.fetch()
            body = response.json()
            for one in body["data"]["elements"]:
                one["selector"] = hostile + one["selector"]
            route.fulfill(response=response, body=json.dumps(body))

        opened.page.route(re.compile(rf"{ROOT}\?"), answer)

    opened = open_page("/heatmap", before=spoil)
    expect(rows(opened.page).first).to_contain_text("[U+202E]evil")
    expect(rows(opened.page).locator("img")).to_have_count(0)
    check_fits(opened.page)
