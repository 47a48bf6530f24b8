"""Dead letters: groups, one letter with its bytes, patch and dry run, replays that survive a
reload, discards that are taken back."""

from __future__ import annotations

import itertools
import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, expect
from tests.console.hands import HANDS
from tests.console.opened import Opened, OpenPage
from tests.console.stack import ConsoleStack
from tests.console.test_delivery import sign_in
from tests.support.ingest_records import event_id, record
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.adapters.kafka.clients import make_producer

pytestmark = pytest.mark.timeout(600)
GROUPS = "/api/dead-letters/groups"
#: What came where an address was wanted.
WRONG = "unknown <b>"
PATCH = (
    '[{"op": "test", "path": "/ip", "value": "%s"},'
    ' {"op": "replace", "path": "/ip", "value": null}]'
)
MINUS = "\u2212"
_numbers = itertools.count(70_000)


def poison(stack: ConsoleStack, count: int, ip: str = WRONG) -> list[UUID]:
    """Puts activity that no gateway would write beside it; the letters that it becomes."""
    numbers = [next(_numbers) for _ in range(count)]
    producer = make_producer(stack.world.settings, "console-tests")
    topic = stack.world.catalog.topic("ingest", "activity").name
    for number in numbers:
        one = record("activity", number, ip=ip, session_id=f"letters-{number}")
        producer.produce(topic, one.value, one.key)
    assert producer.flush(30) == 0
    ids = [event_id(number) for number in numbers]
    found: list[UUID] = []

    def arrived() -> bool:
        with stack.world.connect() as connection:
            rows = connection.execute(
                "SELECT dead_letter_id FROM dead_letters WHERE event_id = ANY (%s::uuid[])"
                " ORDER BY created_at, dead_letter_id",
                [ids],
            ).fetchall()
        found[:] = [row[0] for row in rows]
        return len(found) == count

    wait_until(arrived, "the letters", seconds=60)
    return found


def statuses(stack: ConsoleStack, ids: list[UUID]) -> set[str]:
    with stack.world.connect() as connection:
        rows = connection.execute(
            "SELECT status FROM dead_letters WHERE dead_letter_id = ANY (%s)", [ids]
        ).fetchall()
    return {row[0] for row in rows}


def group_of(stack: ConsoleStack, letter: UUID) -> Any:
    """The group of a letter, and its key in the address."""
    one = stack.read(f"/api/dead-letters/{letter}")["data"]
    name = (one["stream"], one["stage"], one["reason"])
    groups = stack.read(GROUPS)["data"]
    group = next(each for each in groups if (each["stream"], each["stage"], each["reason"]) == name)
    return group | {"key": "~".join(name)}


def row(opened: Opened, letter: UUID) -> Locator:
    return opened.page.locator(f"[data-letter='{letter}']")


def open_letter(open_page: OpenPage, stack: ConsoleStack, letter: UUID, **how: Any) -> Opened:
    group = group_of(stack, letter)["key"].replace("~", "%7E").replace(" ", "%20")
    return open_page(f"/dead-letters?group={group}&row={letter}", **how)


def diff(opened: Opened, sign: str) -> Locator:
    return opened.page.locator(f"[data-diff] [data-sign='{sign}']")


def test_groups_and_their_letters_are_those_of_the_api(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    poison(stack, 2)
    opened = open_page("/dead-letters")
    groups = stack.read(GROUPS)["data"]
    assert len(groups) >= 3
    total = sum(one["letters"] for one in groups)
    expect(opened.page.locator("[data-sum]")).to_contain_text(f"{total:,} open")
    for one in groups:
        shown = opened.page.locator(
            f"[data-group='{one['stream']}~{one['stage']}~{one['reason']}']"
        )
        expect(shown.locator("[data-letters]")).to_have_text(f"{one['letters']:,}")
        recent = sum(hour["letters"] for hour in one["by_hour"])
        course = shown.get_by_role("img", name=f"{recent:,} of them in the last 7 days")
        expect(course).to_be_visible()
    opened.page.get_by_role("button", name="Stream").click()
    opened.page.get_by_role("option", name="cart").click()
    carts = sum(one["letters"] for one in groups if one["stream"] == "cart")
    expect(opened.page.locator("[data-sum]")).to_contain_text(f"{carts:,} open")
    assert "f.stream=cart" in opened.page.url


def test_a_letter_is_patched_tried_and_replayed_by_keyboard(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    (letter,) = poison(stack, 1, ip="unknown")
    group = group_of(stack, letter)
    opened = open_page("/dead-letters")
    page = opened.page
    head = page.locator(f"[data-opener='group {group['key']}']")
    head.focus()
    page.keyboard.press("Enter")
    opener = page.locator(f"[data-opener='{letter}']")
    expect(opener).to_be_visible()
    page.keyboard.press("j")  # the newest letter is the first
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    assert f"row={letter}" in page.url
    detail = page.get_by_role("region", name="The letter")
    expect(detail).to_contain_text(group["reason"])
    expect(detail).to_contain_text(str(letter))
    expect(page.get_by_role("textbox", name="Patch")).to_be_visible()
    # List and letter scroll by themselves: filters and acts stay where they are.
    assert page.evaluate("document.scrollingElement.scrollHeight") == 900

    # The bytes as they came, as text.
    page.get_by_role("tab", name="Raw bytes").click()
    expect(page.get_by_role("region", name="Value as text")).to_contain_text("unknown")
    expect(page.get_by_role("region", name="Value in hex")).to_contain_text("0000")
    page.get_by_role("tab", name="Repair").click()

    patch = page.get_by_role("textbox", name="Patch")
    patch.fill("[{")
    expect(page.get_by_text("This is not JSON yet").first).to_be_visible()
    patch.fill(PATCH % "other")
    checks = page.get_by_role("status", name="What a replay would do")
    expect(checks.locator("[data-check=bad]")).to_contain_text("patch")
    patch.fill(PATCH % "unknown")
    expect(diff(opened, MINUS)).to_contain_text('"ip": "unknown"')
    expect(diff(opened, "+")).to_contain_text('"ip": null')
    expect(checks.locator("[data-check=bad]")).to_have_count(0)
    expect(checks).to_contain_text("0 of 5 replays used")
    expect(checks).to_contain_text("ingest.activity.v1, same event id")
    assert statuses(stack, [letter]) == {"open"}

    patch.blur()
    page.keyboard.press("r")
    expect(detail.get_by_text("resolved", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Trail").click()
    trail = page.get_by_role("list", name="Trail")
    expect(trail).to_contain_text("replayed")
    expect(trail).to_contain_text("resolved")
    with stack.world.connect() as connection:
        rows = connection.execute(
            "SELECT a.ip FROM customer_activity AS a JOIN dead_letters USING (event_id)"
            " WHERE dead_letter_id = %s",
            [letter],
        ).fetchall()
    assert rows == [(None,)]
    # Escape closes it, and the focus is in the list again.
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)


@pytest.mark.parametrize("way", HANDS)
def test_a_group_is_replayed_as_a_run_that_survives_a_reload(
    open_page: OpenPage, stack: ConsoleStack, way: str
) -> None:
    ids = poison(stack, 120)
    (other,) = poison(stack, 1, ip="another")
    opened = open_letter(open_page, stack, ids[0])
    page, hands = opened.page, HANDS[way](opened.page)
    hands.write(page.get_by_role("textbox", name="Patch"), PATCH % WRONG)
    expect(diff(opened, "+")).to_contain_text('"ip": null')
    group = group_of(stack, ids[0])
    tried = page.get_by_role("button", name="Try it on the whole group")
    hands.press(tried)
    alike = group["letters"] - group["quarantined"]
    expect(page.get_by_text(re.compile(f"fits .* of {alike} letters"))).to_be_visible()
    hands.press(page.get_by_role("button", name=f"Replay {alike} letters like it"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    hands.press(dialog.get_by_role("button", name=re.compile(r"^Replay \d+ letters$")))
    bar = page.get_by_role("region", name="Replay")
    expect(bar).to_contain_text(f"{alike} letters of")
    job = re.search(r"job=([0-9a-f-]{36})", page.url)
    assert job is not None
    page.reload()
    expect(bar).to_contain_text(f"Replayed {alike} letters", timeout=60_000)
    expect(bar).not_to_contain_text("under way", timeout=60_000)
    told = stack.read(f"/api/dead-letters/runs/{job[1]}")["data"]
    assert told["replayed"] >= len(ids)
    expect(bar).to_contain_text(f"{told['resolved']:,} resolved")
    expect(bar).to_contain_text("not replayed")
    assert statuses(stack, ids) == {"resolved"}
    assert statuses(stack, [other]) == {"open"}
    hands.press(bar.get_by_role("button", name="Close"))
    expect(bar).to_have_count(0)
    assert "job=" not in page.url


def test_letters_are_chosen_discarded_and_taken_back(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    ids = poison(stack, 3)
    opened = open_letter(open_page, stack, ids[0])
    page = opened.page
    page.locator(f"[data-opener='{ids[2]}']").focus()
    page.keyboard.press("x")
    page.locator(f"[data-opener='{ids[0]}']").focus()
    page.keyboard.press("Shift+X")
    acts = page.get_by_role("group", name="Acts on letters")
    expect(acts).to_contain_text("3 of")
    acts.get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Discard 3 letters?")
    button = dialog.get_by_role("button", name="Discard 3 letters")
    expect(button).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Why").fill("test data")
    button.click()
    expect(row(opened, ids[0])).to_have_count(0)
    assert statuses(stack, ids) == {"discarded"}
    page.get_by_role("button", name="Undo").click()
    expect(row(opened, ids[0])).to_be_visible()
    assert statuses(stack, ids) == {"open"}


def test_on_a_phone_a_letter_is_a_page(open_page: OpenPage, stack: ConsoleStack) -> None:
    (letter,) = poison(stack, 1)
    opened = open_letter(open_page, stack, letter, width=360)
    row(opened, letter).get_by_role("link").click()
    expect(opened.page).to_have_url(re.compile(f"/dead-letters/{letter}"))
    expect(opened.page.get_by_role("textbox", name="Patch")).to_be_visible()
    expect(opened.page.get_by_role("button", name="Discard")).to_be_visible()
    unknown = open_page("/dead-letters/6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d")
    expect(unknown.page.get_by_role("alert")).to_contain_text("There is no dead letter")
    unknown.watch.expected.add(404)
    unknown.watch.faults[:] = [one for one in unknown.watch.faults if "404" not in one]


def test_who_lacks_the_scope_sees_what_it_takes(stack: ConsoleStack, browser: Browser) -> None:
    key = keys.new_key("secret")
    with stack.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        sign_in(page, stack, key)
        page.goto(f"{stack.console}/dead-letters")
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text("This page needs a key with the scope \u201cops\u201d")
        expect(alert).to_contain_text("keys create --kind secret --scope read --scope ops")
        assert not [url for url in asked if "/api/dead-letters" in url]
    finally:
        context.close()
