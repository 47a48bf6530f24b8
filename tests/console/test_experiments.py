"""Experiments: what they show is what the API says; moves and edits, by mouse and keyboard."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.console import axe
from tests.console.hands import HANDS, Hands, Mouse
from tests.console.opened import OpenPage
from tests.console.stack import STORE, ConsoleStack, store_id
from tests.console.watching import check_fits
from tests.support.stored_tests import add_metric, add_test, add_units, definition, fill
from tests.support.whole_days import midnight_of, now

from storepulse.access import keys

pytestmark = pytest.mark.timeout(600)
DAYS, A_DAY = 20, 300
MINUS, DASH = "\u2212", "\u2013"


def api(stack: ConsoleStack, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = httpx.request(
        method, f"{stack.query}/api/ab-testing/{store_id()}{path}", json=body, timeout=20,
        headers=stack.world.headers, **more,
    )  # fmt: skip
    assert answer.status_code < 300, answer.text
    return answer.json()["data"]


def running(stack: ConsoleStack, rates: tuple[float, ...], name: str) -> str:
    """A test of some weeks with results."""
    started = midnight_of(now()) - timedelta(days=DAYS)
    with stack.world.connect() as connection:
        defined = definition(len(rates))
        test = add_test(connection, store_id(), defined, started)
        fill(connection, test, defined, started, DAYS, A_DAY, rates)
        connection.execute("UPDATE ab_tests SET name = %s WHERE test_id = %s", [name, test])
    return test


def results(stack: ConsoleStack, test: str) -> Any:
    return stack.read(f"/api/ab-testing/{store_id()}/test/{test}/results")["data"]["results"]


@pytest.fixture(scope="module")
def better(stack: ConsoleStack) -> str:
    return running(stack, (0.1, 0.16), "Try-on first")


@pytest.fixture
def fresh(stack: ConsoleStack) -> str:
    """A test that may be moved."""
    return running(stack, (0.1, 0.1), f"Moved {uuid4().hex[:6]}")


def row(page: Page, metric: str, variant: str) -> Locator:
    return page.locator(f"[data-metric={metric}] [data-variant={variant}]")


def lift(value: float) -> str:
    text = f"{abs(value) * 100:.1f}"
    if float(text) == 0:
        return f"{text}%"
    return f"{MINUS if value < 0 else '+'}{text}%"


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_results_are_those_of_the_api(
    open_page: OpenPage, stack: ConsoleStack, better: str
) -> None:
    page = open_page(f"/experiments/{better}").page
    told = results(stack, better)
    assert told["verdict"]["outcome"] == "better"
    expect(page.locator("[data-verdict-sentence]")).to_have_text(told["verdict"]["sentence"])
    expect(page.locator("[data-test-status]")).to_have_text(f"running, day {DAYS + 1}")
    for metric in told["metrics"]:
        for one in metric["variants"]:
            cells = row(page, metric["metric"], one["variant_id"])
            units = cells.locator("[data-column=visitors]")
            expect(units).to_contain_text(f"{one['mature']['units']:,}")
            if one["compared"] is None:
                expect(cells.locator("[data-column=lift]")).to_contain_text("baseline")
                continue
            found = one["compared"]["always_valid"]["comparison"]["lift"]
            expect(cells.locator("[data-column=lift]")).to_contain_text(lift(found["value"]))
            words = (
                f"between {lift(found['interval']['low'])} and {lift(found['interval']['high'])}"
            )
            expect(cells.get_by_role("img")).to_have_attribute(
                "aria-label", re.compile(re.escape(words))
            )
    bought = told["metrics"][0]["variants"][1]["mature"]
    cells = row(page, "bought", "v1")
    expect(cells.locator("[data-column=did]")).to_contain_text(f"{bought['converters']:,}")
    expect(cells.locator("[data-column=value]")).to_contain_text(f"{bought['value'] * 100:.2f}%")
    for guard in ("split", "multiple", "enough", "long"):
        expect(page.locator(f"[data-guard={guard}]")).to_have_attribute("data-state", "ok")


def choose_next(page: Page, name: str) -> None:
    """The choice at the right of the focused one, by keyboard."""
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=name)).to_be_focused()
    page.keyboard.press("Space")


def test_the_method_is_chosen_by_keyboard_and_stands_in_the_address(
    open_page: OpenPage, stack: ConsoleStack, better: str
) -> None:
    page = open_page(f"/experiments/{better}").page
    page.get_by_role("radio", name="Always valid").focus()
    choose_next(page, "Fixed end")
    compared = results(stack, better)["metrics"][0]["variants"][1]["compared"]
    expect(page).to_have_url(re.compile("method=fixed"))
    drawn = row(page, "bought", "v1").get_by_role("img")
    for method, interval in (
        ("fixed", compared["fixed"]["comparison"]["lift"]["interval"]),
        ("bayes", compared["bayes"]["lift"]),
    ):
        expect(page).to_have_url(re.compile(f"method={method}"))
        words = f"between {lift(interval['low'])} and {lift(interval['high'])}"
        expect(drawn).to_have_attribute("aria-label", re.compile(re.escape(words)))
        if method == "fixed":
            choose_next(page, "Bayesian")


def test_each_day_stands_in_the_chart_and_in_its_table(
    open_page: OpenPage, stack: ConsoleStack, better: str
) -> None:
    page = open_page(f"/experiments/{better}").page
    figure = page.get_by_role("figure", name=re.compile("^Lift of Variant 1 in bought"))
    drawing = figure.get_by_role("img")
    drawing.focus()
    page.keyboard.press("End")
    days = stack.read(f"/api/ab-testing/{store_id()}/test/{better}/results/days")["data"]["days"]
    last = days[-1]["variants"][0]["lift"]
    expect(figure.get_by_role("status")).to_contain_text(lift(last["value"]))
    page.keyboard.press("Enter")
    rows = [one.split("\t") for one in figure.locator("tbody tr").all_inner_texts()]
    assert [one[1:] for one in rows] == [
        [lift(found["value"]), lift(found["interval"]["low"]), lift(found["interval"]["high"])]
        for found in (one["variants"][0]["lift"] for one in days)
    ]


def test_the_list_leads_to_results_by_keyboard(open_page: OpenPage, better: str) -> None:
    page = open_page("/experiments").page
    verdict = page.locator(f"[data-verdict='{better}']")
    expect(verdict).to_contain_text(re.compile(r"Variant 1 is better on bought: \+\d+% to \+\d+%"))
    visitors = page.locator(f"[data-row='{better}'] [data-column=visitors]")
    expect(visitors).to_contain_text(f"{2 * DAYS * A_DAY:,}")
    page.get_by_role("radio", name="Draft").click()
    expect(verdict).to_have_count(0)
    expect(page.get_by_text("Not started").first).to_be_visible()
    page.get_by_role("radio", name="Running").click()
    opener = page.locator(f"[data-opener='{better}']")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict-sentence]")).to_be_visible()
    assert f"/experiments/{better}" in page.url


@pytest.mark.parametrize("way", HANDS)
def test_a_test_is_paused_resumed_completed_and_archived(
    open_page: OpenPage, stack: ConsoleStack, fresh: str, way: str
) -> None:
    page = open_page(f"/experiments/{fresh}").page
    hands, status = HANDS[way](page), page.locator("[data-test-status]")
    hands.press(page.get_by_role("button", name="Pause"))
    expect(status).to_have_text("paused")
    assert api(stack, "GET", f"/test/{fresh}")["status"] == "paused"
    hands.press(page.get_by_role("button", name="Undo"))
    expect(status).to_contain_text("running")
    assert api(stack, "GET", f"/test/{fresh}")["status"] == "running"
    hands.press(page.get_by_role("button", name="Declare winner…"))
    expect(dialog(page).get_by_role("button", name="Cancel")).to_be_focused()
    told = results(stack, fresh)["verdict"]
    expect(dialog(page).locator("[data-standing]")).to_contain_text(told["sentence"])
    is_settled = told["outcome"] == "no_difference"
    warning = "No difference was found." if is_settled else "It is too early."
    expect(dialog(page)).to_contain_text(warning)
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    assert api(stack, "GET", f"/test/{fresh}")["status"] == "running"
    hands.press(page.get_by_role("button", name="Declare winner…"))
    hands.press(dialog(page).get_by_label("Variant 1"))
    hands.press(dialog(page).get_by_role("button", name="Complete the test"))
    expect(status).to_have_text("completed")
    expect(page.get_by_role("region", name="Verdict")).to_contain_text(
        "Variant 1 was declared the winner"
    )
    shown = api(stack, "GET", f"/test/{fresh}")
    assert (shown["status"], shown["winner"]) == ("completed", "v1")
    hands.press(page.get_by_role("button", name="Archive…"))
    hands.press(dialog(page).get_by_role("button", name="Archive the test"))
    expect(status).to_have_text("archived")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)


def test_who_was_slower_is_told_and_changes_nothing(
    open_page: OpenPage, stack: ConsoleStack, fresh: str
) -> None:
    opened = open_page(f"/experiments/{fresh}")
    page = opened.page
    opened.watch.expected.add(409)
    page.get_by_role("button", name="Declare winner…").click()
    version = api(stack, "POST", f"/test/{fresh}/pause")["version"]
    dialog(page).get_by_role("button", name="Complete the test").click()
    fault = dialog(page).get_by_role("alert")
    expect(fault).to_contain_text("Nothing was changed.")
    expect(fault).to_contain_text(f"version is {version} by now")
    assert api(stack, "GET", f"/test/{fresh}")["status"] == "paused"
    dialog(page).get_by_role("button", name="Read the test again").click()
    expect(page.locator("[data-test-status]")).to_have_text("paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_figures_that_cannot_be_trusted_are_hidden_until_asked_for(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    started = midnight_of(now()) - timedelta(days=DAYS)
    with stack.world.connect() as connection:
        test = add_test(connection, store_id(), definition(2), started)
        for ago in range(DAYS):
            day = (started + timedelta(ago)).date()
            add_units(connection, test, {("v0", day): 300, ("v1", day): 220})
            for variant in ("v0", "v1"):
                add_metric(connection, test, variant, day, "bought", ["1"] * 30)
    page = open_page(f"/experiments/{test}").page
    told = results(stack, test)
    assert told["verdict"]["outcome"] == "invalid"
    expect(page.locator("[data-verdict-sentence]")).to_have_text(told["verdict"]["sentence"])
    expect(page.locator("[data-guard=split]")).to_have_attribute("data-state", "bad")
    expect(page.locator("[data-metric]")).to_have_count(0)
    page.get_by_role("button", name="Show the figures anyway").click()
    expect(row(page, "bought", "v1")).to_be_visible()


@pytest.fixture(scope="module")
def page_config(stack: ConsoleStack) -> str:
    """A page of the shop, by its slug."""
    slug = "red-shoe"
    slots = [
        {"slot_id": "hero", "component": "Hero", "position": 0, "props": {"title": "Red shoe"}},
        {"slot_id": "buy", "component": "BuyBox", "position": 1, "props": {"label": "Buy"}},
        {"slot_id": "feed", "component": "Feed", "position": 2, "props": {"aspect_ratio": "1:1"}},
    ]
    answer = httpx.put(
        f"{stack.query}/api/page-config/product/{slug}?store_id={store_id()}",
        json={"slots": slots}, headers=stack.world.headers, timeout=20,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return slug


def write_new(page: Page, hands: Hands, name: str) -> None:
    hands.write(page.get_by_label("Name", exact=True), name)
    hands.write(page.get_by_label("Page types"), "product")


@pytest.mark.parametrize("way", HANDS)
def test_a_draft_is_written_checked_previewed_saved_and_started(
    open_page: OpenPage, stack: ConsoleStack, page_config: str, way: str
) -> None:
    page, name = open_page("/experiments/new").page, f"Written {uuid4().hex[:6]}"
    hands = HANDS[way](page)
    hands.press(page.get_by_role("button", name="Save draft"))
    expect(page.locator("[data-fault=name]")).to_have_text("name: must have 1 to 200 characters")
    hands.press(page.get_by_role("button", name="Go to the first"))
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    write_new(page, hands, name)
    hands.write(page.get_by_label("Weight of B, percent"), "40")
    expect(page.locator("[data-sum]")).to_have_text("sum 90.00%, missing 10.00%")
    expect(page.locator("[data-fault=variants]")).to_contain_text(
        "variants: have weights that add up to 9000, not to 10000"
    )
    hands.write(page.get_by_label("Weight of Control, percent"), "60")
    expect(page.locator("[data-fault]")).to_have_count(0)

    blocks = page.locator("[data-preview] [data-block]")
    expect(blocks).to_have_count(3)
    expect(page.locator("[data-differences]")).to_have_text("no difference")
    page.get_by_label("Change a slot of the page").select_option("buy")
    hands.write(page.get_by_label("Property of buy to change"), "label")
    page.keyboard.press("Enter")
    hands.write(page.get_by_label("buy props.label"), "Try it on")
    hands.write(page.get_by_label("Position of buy"), "0")
    changed = page.locator("[data-block=buy]")
    expect(changed).to_contain_text("moved to 0, was 1, props.label")
    expect(changed).to_contain_text("Try it on")
    expect(page.locator("[data-differences]")).to_have_text("1 difference outlined")
    hands.press(page.get_by_label("Variant shown").get_by_role("radio", name="Control"))
    expect(page.locator("[data-block=buy]")).not_to_contain_text("Try it on")

    hands.press(page.get_by_role("button", name="Save draft"))
    expect(page).to_have_url(re.compile(r"/experiments/[0-9a-f-]{36}/edit"))
    test = page.url.split("/experiments/")[1].split("/")[0]
    shown = api(stack, "GET", f"/test/{test}")
    assert (shown["name"], shown["status"]) == (name, "draft")
    assert [one["weight"] for one in shown["variants"]] == [6_000, 4_000]
    override = shown["variants"][1]["slot_overrides"]["buy"]
    assert (override["position"], override["props"]) == (0, {"label": "Try it on"})
    assert shown["targeting"]["page_types"] == ["product"]

    hands.press(page.get_by_role("button", name="Look at it in the shop"))
    expect(page.get_by_label(re.compile("For an hour"))).to_have_value(re.compile("^preview=.{20}"))
    hands.press(page.get_by_role("button", name="Start…"))
    expect(dialog(page)).to_contain_text("Control 60.00%, B 40.00%")
    hands.press(dialog(page).get_by_role("button", name="Start the test"))
    expect(page.locator("[data-notice]")).to_contain_text("This test runs.")
    assert api(stack, "GET", f"/test/{test}")["status"] == "running"

    hands.write(page.get_by_label("Weight of B, percent"), "50")
    hands.write(page.get_by_label("Weight of Control, percent"), "50")
    expect(page.locator("[data-notice]")).to_contain_text("begins a phase 2 with its own results")
    hands.press(page.get_by_role("button", name="Start phase 2…"))
    hands.press(dialog(page).get_by_role("button", name="Begin phase 2"))
    expect(page.get_by_text("begins a phase 3")).to_be_visible()
    assert api(stack, "GET", f"/test/{test}")["phase"] == 2


def test_what_the_api_refuses_is_said_at_its_field(open_page: OpenPage) -> None:
    opened = open_page("/experiments/new")
    page = opened.page
    opened.watch.expected.add(400)
    write_new(page, Mouse(page), "Refused")
    page.get_by_label("Countries").fill("ZZ")
    page.get_by_label("Of events").fill("nothing_known")
    page.get_by_role("button", name="Save draft").click()
    fault = page.locator("[data-fault]").first
    expect(fault).to_contain_text(re.compile(r"^(targeting\.countries|metrics\.0\.source): "))
    expect(page.get_by_text("Not saved.").first).to_be_visible()


def test_an_edit_that_was_overtaken_is_kept_and_explained(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    variants = [{"variant_id": "a", "weight": 5_000}, {"variant_id": "b", "weight": 5_000}]
    metrics = [{"key": "bought", "kind": "binary", "source": "purchase"}]
    body = {"name": "Both write", "variants": variants, "metrics": metrics}
    test = api(stack, "POST", "", body)["test_id"]
    opened = open_page(f"/experiments/{test}/edit")
    page = opened.page
    opened.watch.expected.add(409)
    page.get_by_label("Name", exact=True).fill("Mine")
    api(stack, "PUT", f"/test/{test}", body | {"name": "Theirs"})
    page.get_by_role("button", name="Save draft").click()
    told = page.get_by_role("alert").filter(has_text="Nothing was saved.")
    expect(told).to_contain_text("version is 2 by now")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mine")
    assert api(stack, "GET", f"/test/{test}")["name"] == "Theirs"
    told.get_by_role("button", name="Keep mine, to save over theirs").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("“Mine” is saved.")).to_be_visible()
    assert api(stack, "GET", f"/test/{test}")["name"] == "Mine"
    page.get_by_role("button", name="Delete draft…").click()
    dialog(page).get_by_role("button", name="Delete the draft").click()
    expect(opened.heading).to_contain_text("Experiments")
    expect(page.locator(f"[data-row='{test}']")).to_have_count(0)


def test_a_plan_is_that_of_the_api_and_what_is_written_is_not_lost(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/experiments/new")
    page = opened.page
    write_new(page, Mouse(page), "Planned")
    page.get_by_label(re.compile("Control.s rate")).fill("3")
    page.get_by_label("Visitors a day").fill("3800")
    plan = stack.read(
        f"/api/ab-testing/{store_id()}/plan", effect=0.1, baseline=0.03, visitors_per_day=3800,
        split="5000/5000",
    )["data"]["sizes"]["always_valid"]  # fmt: skip
    told = page.locator("[data-plan]")
    expect(told).to_contain_text(" / ".join(f"{one:,}" for one in plan["visitors_by_variant"]))
    expect(told).to_contain_text(f"about {plan['days']} days")
    opened.enter("Carts")
    expect(dialog(page)).to_contain_text("Leave without saving?")
    dialog(page).get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Planned")
    opened.enter("Carts")
    dialog(page).get_by_role("button", name="Leave").click()
    expect(opened.heading).to_contain_text("Carts")


def test_who_may_only_read_sees_results_and_what_changes_would_take(
    stack: ConsoleStack, browser: Browser, better: str
) -> None:
    key = keys.new_key("secret")
    with stack.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{stack.console}/sign-in")
        page.get_by_label("Secret key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/analytics/overview*")
        for path in ("/experiments/new", f"/experiments/{better}/edit"):
            page.goto(f"{stack.console}{path}?store={STORE}")
            expect(page.get_by_role("main")).to_contain_text("scope “admin”")
        page.goto(f"{stack.console}/experiments?store={STORE}")
        expect(page.locator(f"[data-verdict='{better}']")).to_contain_text("is better")
        expect(page.get_by_role("link", name="New experiment")).to_have_count(0)
        page.goto(f"{stack.console}/experiments/{better}?store={STORE}")
        expect(page.locator("[data-verdict-sentence]")).to_contain_text("Variant 1 is better")
        button = page.get_by_role("button", name="Change this test")
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_accessible_description(re.compile("scope “admin”"))
    finally:
        context.close()


def test_pages_fit_a_phone(open_page: OpenPage, better: str, page_config: str) -> None:
    for path in ("/experiments", f"/experiments/{better}", "/experiments/new"):
        opened = open_page(path, width=360)
        expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
        check_fits(opened.page)
    page = opened.page
    expect(page.locator("[data-preview]")).to_be_hidden()
    page.get_by_role("radio", name="Preview").click()
    expect(page.locator("[data-preview]")).to_be_visible()
    check_fits(page)


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_and_write_them(
    open_page: OpenPage, better: str, page_config: str, theme: str, width: int
) -> None:
    for path, there in (
        (f"/experiments/{better}", "[data-verdict-sentence]"),
        (f"/experiments/{better}/edit", "[data-notice]"),
        ("/experiments/new", "[data-sum]"),
    ):
        opened = open_page(path, theme=theme, width=width)
        expect(opened.page.locator(there)).to_be_visible()
        expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
        assert axe.violations(opened.page) == []
        check_fits(opened.page)
        opened.watch.check_steady()
