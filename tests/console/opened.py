"""A page of the console that is open in a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Locator, Page
from tests.console.stack import STORE, ConsoleStack
from tests.console.watching import Watch


@dataclass(frozen=True)
class Opened:
    """The tab, and what is watched of it."""

    stack: ConsoleStack
    page: Page
    watch: Watch

    def go(self, path: str, store: str = STORE) -> None:
        """Loads a page by its address, `path` below /analytics; choices may stand in it."""
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.stack.console}{path}{mark}store={store}")

    @property
    def heading(self) -> Locator:
        """The page's name."""
        return self.page.get_by_role("heading", level=1)

    def enter(self, name: str) -> None:
        """Chooses a page in the sidebar."""
        pages = self.page.get_by_role("navigation", name="Pages")
        pages.get_by_role("link", name=name, exact=True).click()


class OpenPage(Protocol):
    """The fixture `open_page`."""

    def __call__(
        self,
        path: str = ...,
        *,
        theme: str = ...,
        width: int = ...,
        store: str = ...,
        before: Callable[[Opened], object] | None = ...,
    ) -> Opened: ...
