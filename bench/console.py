"""The console in Chromium, with 100,000 users and over a million events stored: when the largest
part of each page is painted, and how soon it answers a click.

Each page is opened by a browser that has nothing of it yet, signed in, in as many rounds as asked
for, all pages in turns. A click's figure is that of the event timing API: from the click to the
next frame that shows it. What the page then reads of the API is a figure of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.console_cases import CONSOLE_CASES, ConsoleCase
from bench.filling import SQL, fill
from bench.options import Options, in_turn
from bench.programs import service
from bench.read_cases import LARGE
from bench.results import Results
from bench.stack import Stack
from bench.targets import CONSOLE
from bench.world import World
from storepulse.access import keys
from storepulse.adapters.chromium.program import find_program
from storepulse.local.sign_in_link import fresh_link

WATCHING = Path(__file__).with_suffix(".js").read_text("utf-8")
SIZE: Any = {"width": 1440, "height": 900}
PATIENCE_MS = 60_000


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All pages."""
    with stack.world() as world:
        now = datetime.now(UTC)
        keys.ensure_admin_key(world.settings_of("operator"))
        fill(world, options.console_visits, now)
        stack.settle()
        results.notes.append(_stored(world))
        with _serving(world), _chromium() as browser:
            signed_in = _sign_in(world, browser)
            # The service's and the database's own first times are nobody's wait.
            for number in range(-1, options.console_rounds):
                for case in in_turn(list(CONSOLE_CASES), number):
                    figures = _figures(world, browser, signed_in, case)
                    if number >= 0:
                        results.add(CONSOLE, case.name, figures)


def _stored(world: World) -> str:
    with world.connect() as connection:
        row = connection.execute(SQL["stored"], {"store_id": LARGE}).fetchone()
    assert row is not None
    return f"console: {row[0]:,} users of the store, {row[1]:,} events stored"


@contextmanager
def _serving(world: World) -> Iterator[None]:
    with service("query", world.settings) as query:
        query.wait_answering(f"{_address(world)}/healthz")
        yield


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find_program(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


def _address(world: World) -> str:
    return f"http://127.0.0.1:{world.settings.query_port}"


def _sign_in(world: World, browser: Browser) -> Any:
    """What a browser keeps that signed in by a link."""
    context = browser.new_context()
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    tab.goto(fresh_link(world.settings_of("operator"), datetime.now(UTC)))
    tab.wait_for_url("**/analytics/overview*")
    state = context.storage_state()
    context.close()
    return state


def _figures(world: World, browser: Browser, signed_in: Any, case: ConsoleCase) -> dict[str, float]:
    """One opening of a page, and one click. Raises where it does not get there."""
    context = browser.new_context(storage_state=signed_in, viewport=SIZE, locale="en-GB")
    try:
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE_MS)
        tab.add_init_script(WATCHING)
        path = case.path.format(person=_busiest(world) if "{person}" in case.path else "")
        tab.goto(f"{_address(world)}/analytics{path}?store={LARGE}")
        _wait_quiet(tab, 0)
        figures: dict[str, float] = tab.evaluate("__bench.figures()")
        part = tab.get_by_role("main").get_by_role(case.role, name=case.click, exact=True)
        part.first.scroll_into_view_if_needed()
        began: float = tab.evaluate("performance.now()")
        part.first.click()
        tab.evaluate("__bench.pressed()")
        _wait_quiet(tab, began)
        answered: dict[str, float] = tab.evaluate("began => __bench.answered(began)", began)
        return figures | answered
    finally:
        context.close()


def _wait_quiet(tab: Page, since: float) -> None:
    """Until nothing loads, and nothing has been read for a moment."""
    tab.evaluate("since => __bench.quiet(since)", since)


def _busiest(world: World) -> str:
    with world.connect() as connection:
        row = connection.execute(SQL["busiest_person"], {"store_id": LARGE}).fetchone()
    assert row is not None
    return str(row[0])
