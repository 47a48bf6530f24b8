"""Settings: stores, keys that are shown once, destinations, consent."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.console.hands import HANDS
from tests.console.opened import OpenPage
from tests.console.stack import EMPTY, STORE, ConsoleStack, store_id
from tests.console.test_delivery import sign_in

from storepulse.access import keys

pytestmark = pytest.mark.timeout(600)


def status_of(stack: ConsoleStack, key: str) -> int:
    """What the query service answers to a key."""
    return httpx.get(f"{stack.query}/api/me", headers={"x-api-key": key}, timeout=20).status_code


def store_of(stack: ConsoleStack, domain: str) -> Any:
    return stack.read(f"/api/stores/{store_id(domain)}")["data"]


def destination(stack: ConsoleStack, name: str) -> Any:
    listed = stack.read("/api/destinations")["data"]
    return next((one for one in listed if one["name"] == name), None)


def test_a_store_s_settings_are_changed_and_refused_at_their_field(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/settings", store=EMPTY)
    page = opened.page
    save = page.get_by_role("button", name="Save settings")
    expect(save).to_have_attribute("aria-disabled", "true")
    currency = page.get_by_label("Currency")
    currency.fill("euros")
    expect(page.get_by_text("It must be three letters").first).to_be_visible()
    currency.fill("sek")
    patterns = page.get_by_label("Page patterns")
    patterns.fill("/products/*\nno path")
    opened.watch.expected.add(400)
    save.click()
    expect(page.get_by_role("alert").filter(has_text="page_patterns")).to_be_visible()
    assert store_of(stack, EMPTY)["settings"]["currency"] is None
    patterns.fill("/products/*\n/collections/*")
    page.get_by_label("Time zone").select_option("Europe/Stockholm")
    save.click()
    expect(page.get_by_text("Saved. Services know it within seconds.")).to_be_visible()
    told = store_of(stack, EMPTY)["settings"]
    assert (told["currency"], told["time_zone"]) == ("SEK", "Europe/Stockholm")
    assert told["page_patterns"] == ["/products/*", "/collections/*"]
    page.reload()
    expect(page.get_by_label("Currency")).to_have_value("SEK")
    expect(save).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("way", HANDS)
def test_a_key_is_shown_once_rotated_and_revoked(
    open_page: OpenPage, stack: ConsoleStack, way: str
) -> None:
    name = f"made by {way} {uuid4().hex[:6]}"
    opened = open_page("/settings?part=keys")
    page, hands = opened.page, HANDS[way](opened.page)
    hands.press(page.get_by_role("button", name="New key"))
    dialog = page.get_by_role("dialog")
    hands.write(dialog.get_by_label("Name"), name)
    hands.press(dialog.get_by_role("button", name="Make key"))
    secret = page.locator("[data-secret]")
    expect(secret).to_have_text(re.compile("^ssk_"))
    first = secret.inner_text()
    assert status_of(stack, first) == 200
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("secret · read")
    page.reload()
    expect(row).to_be_visible()
    expect(secret).to_have_count(0)
    assert first not in page.content()

    hands.press(row.get_by_role("button", name=re.compile("^Rotate")))
    hands.choose(dialog.get_by_label("The old key ends"), "In 1 hour")
    hands.press(dialog.get_by_role("button", name="Make the new key"))
    expect(secret).to_have_text(re.compile("^ssk_"))
    second = secret.inner_text()
    assert second != first
    assert (status_of(stack, first), status_of(stack, second)) == (200, 200)
    expect(row).to_have_count(2)

    # Revoking says what is left, and starts on Cancel.
    expect(row.filter(has_text="until")).to_have_count(1)
    old = row.filter(has_text="until")
    hands.press(old.get_by_role("button", name=re.compile("^Revoke")))
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog).to_contain_text("in this list may do the same")
    hands.press(dialog.get_by_role("button", name=re.compile("^Revoke")))
    expect(dialog).to_have_count(0)
    expect(row).to_have_count(1)
    with stack.world.connect() as connection:
        ended = connection.execute(
            "SELECT count(*) FROM api_keys WHERE name = %s AND revoked_at IS NOT NULL", [name]
        ).fetchone()
    assert ended == (1,)
    hands.press(page.get_by_role("radio", name="Ended too"))
    expect(row).to_have_count(2)
    expect(row.filter(has_text="revoked")).to_have_count(1)


@pytest.mark.parametrize("way", HANDS)
def test_a_destination_is_added_tried_rotated_paused_and_removed(
    open_page: OpenPage, stack: ConsoleStack, way: str
) -> None:
    name = f"made-{uuid4().hex[:8]}"
    opened = open_page("/settings?part=destinations")
    page, hands = opened.page, HANDS[way](opened.page)
    hands.press(page.get_by_role("button", name="New destination"))
    dialog = page.get_by_role("dialog")
    add = dialog.get_by_role("button", name="Add destination")
    expect(add).to_have_attribute("aria-disabled", "true")
    hands.write(dialog.get_by_label("Name"), name)
    hands.write(dialog.get_by_label("Address"), "nowhere")
    opened.watch.expected.add(400)
    hands.press(add)
    expect(dialog.get_by_role("alert").first).to_be_visible()
    hands.write(dialog.get_by_label("Address"), f"{stack.receiver.url}/crm-2")
    hands.press(dialog.get_by_label("usage", exact=True))
    hands.press(add)
    secret = page.locator("[data-secret]")
    expect(secret).to_have_text(re.compile("^whsec_"))
    row = page.locator(f"[data-destination={name}]")
    expect(row).to_contain_text("usage")
    assert destination(stack, name)["streams"] == ["usage"]

    hands.press(row.get_by_role("button", name="Send a test event"))
    expect(row).to_contain_text(re.compile("A test event .* was taken with 200"))
    hands.press(row.get_by_role("button", name=f"Pause {name}"))
    expect(row.locator("[data-state]")).to_have_text("paused")
    assert destination(stack, name)["status"] == "paused"
    hands.press(row.get_by_role("button", name=f"Resume {name}"))
    expect(row.locator("[data-state]")).to_have_text("active")

    before = secret.inner_text()
    hands.press(row.get_by_role("button", name=re.compile("^Rotate secret")))
    hands.press(dialog.get_by_role("button", name="Make the new secret"))
    expect(secret).not_to_have_text(before)
    assert len(destination(stack, name)["secret_ends"]["signing"]) == 2
    hands.press(row.get_by_role("button", name=re.compile("^End the old secrets")))
    hands.press(dialog.get_by_role("button", name="End 1 old secret"))
    expect(row).not_to_contain_text("secrets valid")
    assert len(destination(stack, name)["secret_ends"]["signing"]) == 1

    hands.press(row.get_by_role("button", name=f"Remove {name}"))
    remove = dialog.get_by_role("button", name=re.compile("^Remove"))
    expect(dialog.get_by_role("status")).to_contain_text(re.compile("waits? for it"))
    expect(remove).to_have_attribute("aria-disabled", "true")
    hands.write(dialog.get_by_label(f"Type \u201c{name}\u201d"), name)
    hands.press(remove)
    expect(row).to_have_count(0)
    assert destination(stack, name) is None


def test_consent_and_addresses(open_page: OpenPage, stack: ConsoleStack) -> None:
    opened = open_page("/settings?part=consent", store=EMPTY)
    page = opened.page
    page.get_by_role("radio", name="Shortened").click()
    expect(page.get_by_text("The last byte of IPv4")).to_be_visible()
    assert store_of(stack, EMPTY)["settings"]["addresses"] == "shortened"
    row = page.locator("[data-purposes=shop-mail]")
    row.get_by_label("marketing").click()
    expect(page.get_by_text("with a consent to marketing alone")).to_be_visible()
    assert destination(stack, "shop-mail")["consent"] == ["marketing"]
    page.get_by_role("button", name="Undo").click()
    expect(row.get_by_label("marketing")).not_to_be_checked()
    assert destination(stack, "shop-mail")["consent"] == []


def test_who_lacks_admin_sees_what_it_takes(stack: ConsoleStack, browser: Browser) -> None:
    key = keys.new_key("secret")
    with stack.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read", "ops"])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page: Page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, stack, key)
        page.goto(f"{stack.console}/settings?part=keys&store={STORE}")
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text("needs a key with the scope \u201cadmin\u201d")
        expect(alert).to_contain_text("--scope admin")
        expect(page.get_by_role("button", name="New key")).to_have_count(0)
    finally:
        context.close()
