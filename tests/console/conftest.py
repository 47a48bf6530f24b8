"""One filled stack, one browser and one sign-in for all tests of the console, in one worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.console.opened import Opened, OpenPage
from tests.console.stack import STORE, ConsoleStack, open_stack
from tests.console.watching import watch
from tests.support.browser import chromium
from tests.support.world import open_world

FOLDER = Path(__file__).parent
#: A busy machine's pages are slow.
PATIENCE_MS = 20_000


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one worker: the stack takes half a minute to fill."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.xdist_group("console"))


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleStack]:
    """The services, filled."""
    with (
        open_world(tmp_path_factory.mktemp("console")) as world,
        open_stack(world, tmp_path_factory.mktemp("demo")) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: while one is open, no other test of this worker may open its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def signed_in(stack: ConsoleStack, browser: Browser) -> Any:
    """What a browser keeps that signed in by a link, as a person does."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(stack.sign_in_link())
    page.wait_for_url("**/analytics/overview*")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(stack: ConsoleStack, browser: Browser, signed_in: Any) -> Iterator[OpenPage]:
    """Opens pages of the console, signed in: `open_page("/carts", theme="dark", width=360)`. At the
    end each must have kept the content policy, thrown nothing and run nothing of an event."""
    with ExitStack() as closing:
        pages: list[Opened] = []

        def open_one(
            path: str = "/overview",
            *,
            theme: str = "light",
            width: int = 1440,
            store: str = STORE,
            before: Callable[[Opened], object] | None = None,
        ) -> Opened:
            context = browser.new_context(
                storage_state=signed_in,
                color_scheme="dark" if theme == "dark" else "light",
                viewport={"width": width, "height": 844 if width < 768 else 900},
                has_touch=width < 768,
                locale="en-GB",
                reduced_motion="reduce",
            )
            closing.callback(context.close)
            opened = _opened(stack, context)
            pages.append(opened)
            if before is not None:
                before(opened)
            opened.go(path, store)
            return opened

        yield open_one
        for opened in pages:
            opened.watch.check()


def _opened(stack: ConsoleStack, context: BrowserContext) -> Opened:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return Opened(stack, page, watch(page))
