"""Takes pictures of every page for docs/console: `make console-screens`.

They are of the filled stack, in both themes, wide and on a phone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page
from tests.console.pages import PAGES
from tests.console.stack import SEED, STORE, ConsoleStack, open_stack, play_demo
from tests.support.browser import chromium
from tests.support.servers import stop_shared_servers
from tests.support.world import open_world

from storepulse.demo.shops import story_shop

FOLDER = Path(__file__).parents[2] / "docs" / "console"
SIZES = {1440: 900, 360: 780}
#: Fills the story's shop with two weeks of visits.
EVENTS, SEED_OF_STORY = 10_000, SEED + 2
STORY_SHOP = story_shop().domain
#: Pages that show more of the story's shop than of the first one.
OF_STORY = (
    "overview", "users", "carts", "funnel", "products", "sources", "heatmap", "experiments",
    "dead-letters",
)  # fmt: skip
#: Pictures of the guide to the first 15 minutes.
STORY = ("overview", "funnel", "heatmap")
#: By picture: a page, and which of its links is followed.
DETAILS = {
    "user": ("users", "/users/"),
    "experiment": ("experiments", "/experiments/"),
    "dead-letter": ("dead-letters", "/dead-letters/"),
    "destination": ("delivery", "/delivery/"),
}
#: For what is read after the page is there.
SETTLE_MS = 1_500


def main() -> None:
    """Writes all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            with (
                open_world(home / "world") as world,
                open_stack(world, home) as stack,
                chromium() as browser,
            ):
                play_demo(stack, home, SEED_OF_STORY, EVENTS)
                for theme in ("light", "dark"):
                    for width in SIZES:
                        take_all(stack, browser, theme, width)
                take_story(stack, browser)
        finally:
            stop_shared_servers()


def take_all(stack: ConsoleStack, browser: Browser, theme: str, width: int) -> None:
    """Writes the pictures of all pages in one theme and width."""
    with signed_in(stack, browser, theme, width) as tab:
        for page in PAGES:
            mark = "&" if page.search else "?"
            shop = STORY_SHOP if str(page) in OF_STORY else STORE
            tab.goto(f"{stack.console}{page.path}{page.search}{mark}store={shop}")
            take(tab, f"{page}-{theme}-{width}")
        for name, (path, link) in DETAILS.items():
            tab.goto(f"{stack.console}/{path}?store={STORY_SHOP}")
            followed = tab.locator(f"main a[href*='{link}']:visible").first
            address = followed.get_attribute("href")
            tab.goto(f"{stack.query}{address}")
            take(tab, f"{name}-{theme}-{width}")
            if name == "experiment":
                results, _, search = str(address).partition("?")
                tab.goto(f"{stack.query}{results}/edit?{search}")
                take(tab, f"{name}-editor-{theme}-{width}")


def take_story(stack: ConsoleStack, browser: Browser) -> None:
    """Writes the pictures of the guide to a first quarter of an hour."""
    with signed_in(stack, browser, "light", 1440) as tab:
        for path in STORY:
            tab.goto(f"{stack.console}/{path}?store={STORY_SHOP}")
            take(tab, f"story-{path}")


@contextmanager
def signed_in(stack: ConsoleStack, browser: Browser, theme: str, width: int) -> Iterator[Page]:
    """A tab of the console."""
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": SIZES[width]},
        has_touch=width < 768,
        locale="en-GB",
        reduced_motion="reduce",
    )
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(stack.sign_in_link())
    tab.wait_for_url("**/analytics/overview*")
    yield tab
    context.close()


def take(tab: Page, name: str) -> None:
    """Writes a picture of what the tab shows."""
    tab.get_by_role("heading", level=1).wait_for()
    tab.wait_for_timeout(SETTLE_MS)
    path = FOLDER / f"{name}.png"
    tab.screenshot(path=path)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
