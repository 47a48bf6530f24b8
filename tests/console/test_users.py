"""Users and one user's timeline: the same figures as the API and the database, by mouse and by
keyboard alone, and nothing of what people are called in the address."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Locator, expect
from tests.console import axe, faults
from tests.console.hostile import as_shown
from tests.console.opened import Opened, OpenPage
from tests.console.stack import HOSTILE, ConsoleStack, store_id
from tests.console.watching import check_fits

pytestmark = pytest.mark.timeout(240)
#: As the page asks when it is opened: all of the demo's days lie in it.
LONG = "p=91d"

#: Of all chats that are the person, or belong to it.
MESSAGES_OF_PERSON = """
    SELECT sum(chat.user_messages)::int, sum(chat.ai_messages)::int
      FROM people AS person
      JOIN people AS held
        ON held.store_id = person.store_id
       AND (person.kind, person.value)
           IN ((held.kind, held.value), (held.owner_kind, held.owner_value))
      JOIN bot_users AS chat ON chat.store_id = held.store_id AND chat.client_id = held.value
     WHERE held.kind = 'telegram' AND person.store_id = %s AND person.id = %s
"""


def people(stack: ConsoleStack, **query: Any) -> list[Any]:
    found: list[Any] = stack.read("/api/people", store_id=store_id(), limit=50, **query)["data"]
    return found


def search(stack: ConsoleStack, text: str, **body: Any) -> list[Any]:
    asked = {"store_id": store_id(), "search": text, "limit": 50, **body}
    answer = httpx.post(
        f"{stack.query}/api/people/search", json=asked, headers=stack.world.headers, timeout=20
    )
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["data"]
    return found


def ids_of(opened: Opened) -> list[str | None]:
    rows = opened.page.locator("[data-row]")
    return [row.get_attribute("data-row") for row in rows.all()]


def shows(opened: Opened, wanted: list[Any]) -> None:
    """Waits until the list has these people, in this order."""
    expect(opened.page.locator("[data-row]")).to_have_count(len(wanted))
    if wanted:
        expect(opened.page.locator("[data-row]").first).to_have_attribute(
            "data-row", wanted[0]["id"]
        )
    assert ids_of(opened) == [one["id"] for one in wanted]


def head(opened: Opened, name: str) -> Locator:
    return opened.page.get_by_role("columnheader", name=name)


def test_the_list_is_sorted_searched_and_opened_by_keys_alone(open_page: OpenPage) -> None:
    opened = open_page(f"/users?{LONG}")
    page, stack = opened.page, opened.stack
    shows(opened, people(stack))
    with stack.world.connect() as connection:
        counted = connection.execute(
            "SELECT count(*) FROM people WHERE store_id = %s AND owner_kind IS NULL", [store_id()]
        ).fetchone()
    assert counted is not None
    expect(page.get_by_role("main")).to_contain_text(f"{counted[0]:,} users")
    head(opened, "Spent").get_by_role("button").press("Enter")
    expect(head(opened, "Spent")).to_have_attribute("aria-sort", "descending")
    richest = people(stack, sort="-spent")
    shows(opened, richest)
    assert "sort=-spent" in page.url
    expect(page.locator("[data-row]").first).to_contain_text(richest[0]["spent"][:-2])

    named = next(one for one in richest if one["name"])
    page.keyboard.press("Tab")
    page.keyboard.press("/")
    page.keyboard.type(named["name"])
    found = search(stack, named["name"], sort="-spent")
    shows(opened, found)
    assert named["name"] not in unquote(page.url)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(opened.heading).to_contain_text(found[0]["name"])
    assert named["name"] not in unquote(page.url)
    facts = page.get_by_role("complementary", name="Facts")
    expect(facts).to_contain_text(f"Orders{found[0]['orders']}")
    if len(found) > 1:
        page.keyboard.press("j")
        page.wait_for_url(f"**/users/{found[1]['id']}*")
        page.keyboard.press("k")
        page.wait_for_url(f"**/users/{found[0]['id']}*")
        page.go_back()
        page.go_back()
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search users")).to_have_value(named["name"])
    shows(opened, found)


def test_filters_narrow_and_the_file_has_what_is_shown(open_page: OpenPage, tmp_path: Path) -> None:
    opened = open_page(f"/users?{LONG}")
    page = opened.page
    page.get_by_role("radio", name="Bot", exact=True).click()
    shows(opened, people(opened.stack, kind="bot"))
    page.get_by_role("button", name="Bought", exact=True).click()
    page.get_by_role("option", name="Bought something").click()
    shown = people(opened.stack, kind="bot", bought="true")
    shows(opened, shown)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    waiting.value.save_as(tmp_path / "people.csv")
    text = (tmp_path / "people.csv").read_text("utf-8-sig")
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == [p["id"] for p in shown]
    page.get_by_role("button", name="Clear Bought").click()
    shows(opened, people(opened.stack, kind="bot"))
    page.go_back()
    shows(opened, shown)


def test_a_chat_has_bubbles_in_order_and_images_only_from_the_archive(open_page: OpenPage) -> None:
    opened = open_page(f"/users?{LONG}&f.kind=bot&sort=-images")
    stack, page = opened.stack, opened.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    person = people(stack, kind="bot", sort="-images")[0]
    page.locator(f'[data-opener="{person["id"]}"]').click()
    path = f"/api/people/{person['id']}/events"
    events = stack.read(path, store_id=store_id(), limit=100)["data"][::-1]
    messages = [e for e in events if e["kind"] == "message" and e["text"]]
    bubbles = page.locator("[dir=auto]")
    expect(bubbles).to_have_count(len([e for e in events if e["kind"] == "message"]))
    who = {"user_message": "User: ", "ai_message": "AI: "}
    assert bubbles.first.text_content() == who[messages[0]["type"]] + as_shown(messages[0]["text"])
    with stack.world.connect() as connection:
        stored = connection.execute(MESSAGES_OF_PERSON, [store_id(), person["id"]]).fetchone()
    assert stored is not None
    facts = page.get_by_role("complementary", name="Facts")
    expect(facts).to_contain_text(f"{stored[0]} sent · {stored[1]} answers")
    page.get_by_role("radio", name="Images").click()
    expect(bubbles).to_have_count(0)
    assert "f.show=images" in page.url
    others = [url for url in asked if not url.startswith((stack.query, "data:", "blob:"))]
    assert others == []


def test_a_visit_shows_its_pages_and_orders(open_page: OpenPage) -> None:
    opened = open_page(f"/users?{LONG}")
    buyer = next(
        one
        for one in people(opened.stack, kind="shop", bought="true", sort="-events")
        if one["visitor_id"] and not one["telegram_id"]
    )
    opened.go(f"/users/{buyer['id']}")
    events = opened.page.get_by_role("region", name="Events", exact=True)
    expect(events).to_contain_text("Ordered")
    opened.page.get_by_role("radio", name="Orders").click()
    expect(events).not_to_contain_text("Searched")
    expect(events).to_contain_text("Ordered")
    expect(opened.heading).to_contain_text(buyer["name"] or "anonymous")


def test_a_timeline_that_fails_says_so_and_comes_back(open_page: OpenPage) -> None:
    opened = open_page(f"/users?{LONG}")
    person = people(opened.stack)[0]
    with faults.failing(opened.watch, f"/api/people/{person['id']}"):
        opened.go(f"/users/{person['id']}")
        alert = opened.page.get_by_role("main").get_by_role("alert").first
        expect(alert).to_contain_text("failed-on-purpose")
    alert.get_by_role("button", name="Try again").click()
    expect(opened.page.get_by_role("region", name="Events", exact=True)).to_be_visible()


def test_hostile_people_stay_text_in_the_list_and_the_timeline(open_page: OpenPage) -> None:
    for width in (1440, 360):
        opened = open_page(f"/users?{LONG}", store=HOSTILE, width=width)
        expect(opened.page.locator("[data-row]").first).to_be_visible()
        check_fits(opened.page)
        found = opened.stack.read("/api/people", store_id=store_id(HOSTILE), limit=50)["data"]
        for person in found[:3]:
            opened.go(f"/users/{person['id']}", HOSTILE)
            expect(opened.page.get_by_role("region", name="Events", exact=True)).to_be_visible()
            expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
            check_fits(opened.page)
        opened.watch.check()


def test_nobody_is_found_by_a_wrong_id(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    opened.watch.expected.add(404)
    opened.go("/users/00000000-0000-0000-0000-000000000000")
    alert = opened.page.get_by_role("main").get_by_role("alert")
    expect(alert).to_contain_text(re.compile("no such person"))


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_a_timeline(open_page: OpenPage, theme: str, width: int) -> None:
    opened = open_page(f"/users?{LONG}", theme=theme, width=width)
    for kind in ("bot", "shop"):
        person = people(opened.stack, kind=kind, sort="-events")[0]
        opened.go(f"/users/{person['id']}")
        expect(opened.page.get_by_role("region", name="Events", exact=True)).to_be_visible()
        expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
        assert axe.violations(opened.page) == []
        check_fits(opened.page)
