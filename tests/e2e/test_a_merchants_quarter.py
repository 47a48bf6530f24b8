"""A merchant's quarter of an hour: why carts fell, the end of what did it, and a ledger that
balances. In the console, from the link of `up` on, by mouse and by keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.console.watching import watch
from tests.support import commands
from tests.support.browser import chromium
from tests.support.scenes import DEMO_SETTINGS, play_scenes
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.adapters.settings import Settings
from storepulse.demo.scenes import broken_button, phone_orders
from storepulse.demo.scenes.stage import LEAST_STORY_EVENTS
from storepulse.demo.shops import story_shop
from storepulse.local.sign_in_link import fresh_link

pytestmark = pytest.mark.timeout(300)
PATIENCE_MS = 20_000
SEED = 2617
SHOP = story_shop()
SERVICES = ("gateway", "delivery", "query")
PATCH = (
    '[{"op": "test", "path": "/currency", "value": "eur"},'
    ' {"op": "replace", "path": "/currency", "value": "EUR"}]'
)
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")


@dataclass(frozen=True)
class Merchant:
    """The shop's stack, what the demo says of it, and the tab in which it is looked at."""

    world: World
    settings: Settings
    gateway: str
    query: str
    manifest: dict[str, Any]
    page: Page

    @property
    def counted(self) -> dict[str, Any]:
        """The shop's figures as the manifest has them."""
        figures: dict[str, Any] = self.manifest["stores"][SHOP.store_id]["figures"]
        return figures

    @property
    def story(self) -> dict[str, Any]:
        """Those of the broken button."""
        story: dict[str, Any] = self.counted[broken_button.FIGURE]
        return story

    def read(self, path: str, **parameters: Any) -> Any:
        """The JSON that the API answers to the shop's operator."""
        sent = {name.rstrip("_"): value for name, value in parameters.items()}
        answer = httpx.get(self.query + path, params=sent, headers=self.world.headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def variant_of(self, visitor: str) -> tuple[str, str | None]:
        """What the gateway answers a visitor of the product page, and why no other."""
        path = f"{self.gateway}/api/ab-testing/variant/{self.story['test']['test_id']}"
        asked = {"visitor_id": visitor, "page_type": "product", "expose": "false"}
        answer = httpx.get(path, params=asked, headers=self.world.headers, timeout=20)
        assert answer.status_code == 200, answer.text
        told = answer.json()["data"]
        return told["variant_id"], told["reason"]


def test_a_merchants_quarter_of_an_hour(world: World, tmp_path: Path) -> None:
    with opened_stack(world, tmp_path) as merchant:
        page = merchant.page
        visitor = visitor_with_the_bar(merchant)
        page.goto(fresh_link(merchant.settings, datetime.now(UTC)))
        page.wait_for_url("**/analytics/overview*")
        choose_shop(page)
        see_carts_fall(merchant)
        see_the_step_that_fell(merchant)
        see_dead_clicks(merchant)
        stop_the_losing_test(merchant)
        wait_until(
            lambda: merchant.variant_of(visitor) == (broken_button.CONTROL, "completed"),
            lambda: f"control for everybody, not {merchant.variant_of(visitor)}",
            seconds=20,
        )
        replay_the_letters(merchant)
        see_the_ledger_balance(merchant)
        judge_repetition(merchant, tmp_path)


def choose_shop(page: Page) -> None:
    """By keyboard, in the list of stores."""
    expect(page.locator("[data-figure=carts] [data-value]")).to_be_visible()
    page.keyboard.press("s")
    choice = page.get_by_role("option", name=SHOP.domain)
    expect(choice).to_be_visible()
    wait_until(lambda: went_to(page, choice), "the shop in the list", seconds=10)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"store={re.escape(SHOP.domain)}"))


def went_to(page: Page, choice: Locator) -> bool:
    """Whether the choice has the focus; if not, the next one gets it."""
    if choice.evaluate("element => element === document.activeElement"):
        return True
    page.keyboard.press("ArrowDown")
    return False


def see_carts_fall(merchant: Merchant) -> None:
    """The overview: as many visitors, half of the carts."""
    page, since = merchant.page, merchant.story["since"]
    today = datetime.now(UTC).date()
    answer = merchant.read(
        "/api/analytics/overview", store_id=SHOP.store_id, compare="previous_period",
        from_=str(today - timedelta(days=6)), to=str(today + timedelta(days=1)),
    )  # fmt: skip
    carts, before = answer["totals"]["carts"], answer["comparison"]["totals"]["carts"]
    assert carts == since["carts"] == merchant.counted["carts"] - merchant.story["before"]["carts"]
    # The week before lacks what is left of its last day.
    assert carts < before <= merchant.story["before"]["carts"]
    figure = page.locator("[data-figure=carts]")
    expect(figure.locator("[data-value]")).to_have_text(f"{carts:,}")
    expect(figure).to_contain_text(f"from {before:,}")
    expect(figure).to_contain_text("\u2212")
    expect(page.locator("[data-figure=visitors] [data-value]")).to_have_text(
        f"{since['funnel'][0]:,}"
    )
    lost = page.get_by_role("region", name="Funnel")
    expect(lost).to_contain_text("Most leave between product and cart")
    lost.get_by_role("link", name="See each step").click()


def see_the_step_that_fell(merchant: Merchant) -> None:
    """The funnel of the days since the test began, and by `[` that of the week before."""
    page, story = merchant.page, merchant.story
    expect(page.get_by_role("heading", level=1)).to_have_text("Funnel")
    for key, period in (("", story["since"]), ("[", story["before"]), ("]", story["since"])):
        if key:
            page.keyboard.press(key)
        for step, sessions in zip(STEPS, period["funnel"], strict=True):
            shown = page.locator(f"[data-step={step}] [data-value]")
            expect(shown).to_have_text(f"{sessions:,}")
    worst = page.locator("[data-step=add_to_cart]")
    lost = story["since"]["funnel"][1] - story["since"]["funnel"][2]
    expect(worst).to_contain_text(f"\u2212{lost:,} left, the largest loss")
    expect(worst).to_contain_text(re.compile(r"78\.1%6[0-9]\.[0-9]% the period before"))
    link = worst.get_by_role("link", name="See where they clicked")
    link.focus()
    page.keyboard.press("Enter")


def see_dead_clicks(merchant: Merchant) -> None:
    """The heatmap of the product page: its first element does nothing."""
    page, button = merchant.page, merchant.story["button"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Heatmap")
    expect(page.locator("[data-page]")).to_have_attribute("data-page", button["page"])
    expect(page.get_by_role("list", name="Elements by clicks")).to_be_visible()
    page.keyboard.press("j")
    row = page.locator(f"[data-opener='{button['selector']}']")
    expect(row).to_be_focused()
    expect(row.locator("[data-value]")).to_contain_text(f"{button['clicks']:,}")
    assert button["dead_clicks"] == button["clicks"]
    expect(row).to_contain_text("all dead")
    expect(row).to_contain_text(f"{button['rage_clicks']:,} rage")
    expect(page.locator("[data-figure=dead] [data-value]")).to_have_text(
        f"{button['dead_clicks']:,}"
    )
    page.locator("[data-tests]").get_by_role("link").click()


def stop_the_losing_test(merchant: Merchant) -> None:
    """The verdict, and control for everybody."""
    page, told = merchant.page, merchant.story["test"]
    expect(page).to_have_url(re.compile(f"/experiments/{told['test_id']}"))
    results = f"/api/ab-testing/{SHOP.store_id}/test/{told['test_id']}/results"
    verdict = merchant.read(results)["data"]["results"]["verdict"]
    assert verdict["outcome"] == "worse"
    assert verdict["sentence"].startswith("Sticky bar is worse than Page as it was on")
    expect(page.locator("[data-verdict-sentence]")).to_have_text(verdict["sentence"])
    variant = page.locator(f"[data-variant={broken_button.VARIANT}]")
    # Of those whose time is over: the visitors of the last day are still to come.
    days = broken_button.TEST_DAYS - 1
    seen, added = (
        number // broken_button.TEST_DAYS * days for number in told["variants"]["sticky"]
    )
    expect(variant).to_contain_text(f"{seen:,}")
    expect(variant).to_contain_text(f"{100 * added / seen:.2f}%")
    page.get_by_role("button", name="Declare winner…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Page as it was (control)").check()
    dialog.get_by_role("button", name="Complete the test").click()
    expect(page.locator("[data-test-status]")).to_have_text("completed")
    test = merchant.read(f"/api/ab-testing/{SHOP.store_id}/test/{told['test_id']}")["data"]
    assert (test["status"], test["winner"]) == ("completed", broken_button.CONTROL)


def replay_the_letters(merchant: Merchant) -> None:
    """By keyboard alone: the group, one letter, a patch that is tried first, and the run."""
    page, letters = merchant.page, merchant.counted[phone_orders.FIGURE]
    page.keyboard.press("g")
    page.keyboard.press("x")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dead letters")
    groups = merchant.read("/api/dead-letters/groups")["data"]
    assert [(one["stream"], one["letters"]) for one in groups] == [("order", letters)]
    expect(page.locator("[data-group] [data-letters]")).to_have_text(str(letters))
    expect(page.locator("[data-letter]")).to_have_count(letters)
    # The head of the group, and its first letter.
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-letter]").first.locator("[data-opener]")).to_be_focused()
    page.keyboard.press("Enter")
    detail = page.get_by_role("region", name="The letter")
    expect(detail).to_contain_text("currency: is not in the form that the gateway writes")
    patch = page.get_by_role("textbox", name="Patch")
    patch.focus()
    page.keyboard.insert_text(PATCH)
    expect(page.locator("[data-diff] [data-sign='+']")).to_contain_text('"currency": "EUR"')
    press(page, "Try it on the whole group")
    expect(page.get_by_text(re.compile(f"fits .* of {letters} letters"))).to_be_visible()
    press(page, f"Replay {letters} letters like it…")
    sure = page.get_by_role("dialog").get_by_role("button", name=f"Replay {letters} letters")
    # The dialog tries the replay first.
    expect(sure).to_be_enabled()
    sure.focus()
    page.keyboard.press("Enter")
    run = page.get_by_role("region", name="Replay")
    expect(run).to_contain_text(f"Replayed {letters} letters", timeout=60_000)
    expect(run).not_to_contain_text("under way", timeout=60_000)
    expect(run).to_contain_text(f"{letters} resolved")
    assert merchant.read("/api/dead-letters/groups")["data"] == []
    mark = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dead letters")
    expect(mark).not_to_contain_text(str(letters))


def see_the_ledger_balance(merchant: Merchant) -> None:
    """The operator's audit with a recount, what the overview says of it, and the orders."""
    code, out, err = commands.run(merchant.settings, "audit", "--wait", "60", "--json", "--recount")
    assert code == 0, err
    audit = json.loads(out)
    assert audit["findings"] == []
    page = merchant.page
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.reload()
    expect(page.get_by_role("link", name="All events accounted for")).to_be_visible()
    pipeline = page.get_by_role("region", name="Ledger")
    expect(pipeline).to_contain_text("Adds up")
    newest = merchant.read("/api/health/pipeline")["audit"]
    assert (newest["balanced"], newest["part"]) == (True, "recount")
    expect(page.get_by_role("region", name="Experiments running")).to_contain_text(
        "None is running"
    )
    since, letters = merchant.story["since"], phone_orders.records(run_of(merchant))
    expect(page.locator("[data-figure=orders] [data-value]")).to_have_text(
        f"{since['funnel'][4] + len(letters)}"
    )
    worth = since["funnel"][4] * broken_button.product_of_test().price
    worth += sum((letter["value"] for letter in letters), Decimal(0))
    expect(page.locator("[data-figure=revenue] [data-value]")).to_have_text(f"€{worth:,.2f}")


def judge_repetition(merchant: Merchant, folder: Path) -> None:
    """The same run again changes nothing, also after all that the merchant did."""
    arguments = [*demo_arguments(folder / "again.json"), "--at", merchant.manifest["at"]]
    again = play_scenes(
        merchant.world, merchant.settings, folder / "clock", *arguments, seconds=120
    )
    assert again["wrong_figures"] == []
    assert again["totals"] == merchant.manifest["totals"]
    assert merchant.read("/api/dead-letters/groups")["data"] == []
    code, out, err = commands.run(merchant.settings, "audit", "--wait", "60", "--json")
    assert (code, json.loads(out)["findings"]) == (0, []), err


# ---- the stack ----------------------------------------------------------------------------------


@contextmanager
def opened_stack(world: World, folder: Path) -> Iterator[Merchant]:
    """All services, filled by the demo, whose figures are told as it counted them."""
    settings = world.settings.model_copy(update=DEMO_SETTINGS | {"usage_meter_seconds": 1.0})
    clock = folder / "clock"
    clock.write_text("0")
    with ExitStack() as stack:
        started: dict[str, Service] = {
            name: stack.enter_context(running(name, settings)) for name in SERVICES
        }
        stack.enter_context(running("agents", settings, {CLOCK: str(clock)}))
        arguments = demo_arguments(folder / "first.json")
        manifest = play_scenes(world, settings, clock, *arguments, seconds=120)
        assert manifest["wrong_figures"] == []
        browser = stack.enter_context(chromium())
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        watched = watch(page)
        yield Merchant(
            world, settings, started["gateway"].url, started["query"].url, manifest, page
        )
        watched.check()
        context.close()


def demo_arguments(manifest: Path) -> list[str]:
    return commands.demo_arguments(manifest, SEED, LEAST_STORY_EVENTS, "--scenes", "--verify")


def visitor_with_the_bar(merchant: Merchant) -> str:
    """Somebody whom the gateway shows the losing variant."""
    for _ in range(60):
        visitor = f"v-{uuid4().hex[:12]}"
        if merchant.variant_of(visitor) == (broken_button.VARIANT, None):
            return visitor
    raise AssertionError("nobody is shown the variant")


def run_of(merchant: Merchant) -> Any:
    """What made the run of the manifest."""
    from storepulse.demo.traffic import Plan

    return Plan(SEED, merchant.manifest["start"], trusted=True, has_secrets=True)


def press(page: Page, name: str) -> None:
    """Presses a button by keyboard."""
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
