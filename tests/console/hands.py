"""Two ways to work a page: by mouse, and by keyboard alone, which reaches nothing but by Tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

#: More stops than any page has.
MOST_STOPS = 250
#: `here`, `beside` it in a group that has one stop for all of its members, or `away`.
_FOCUS = """(target) => {
  const at = document.activeElement;
  if (at === target) return "here";
  const group = target.closest("[role=radiogroup], [role=tablist]");
  if (group?.contains(at)) return "beside";
  const isRadio = target.type === "radio" && at.type === "radio" && target.name === at.name;
  return isRadio ? "beside" : "away";
}"""


class Hands(Protocol):
    """How somebody works a page."""

    def press(self, target: Locator) -> None:
        """Presses a button, link, tab or choice."""
        ...

    def write(self, target: Locator, text: str) -> None:
        """Puts a text into a field, in place of what it holds."""
        ...

    def choose(self, target: Locator, option: str) -> None:
        """Chooses an option of a list by its text."""
        ...


@dataclass(frozen=True)
class Mouse:
    """Clicks."""

    page: Page

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, option: str) -> None:
        target.select_option(label=option)


@dataclass(frozen=True)
class Keyboard:
    """Goes on from where the focus is; what the focus never comes to cannot be worked."""

    page: Page

    def press(self, target: Locator) -> None:
        # As a click does: a button that waits for an answer takes no key.
        expect(target).to_be_enabled()
        self._reach(target)
        kind = target.evaluate("(target) => target.role ?? target.type")
        self.page.keyboard.press("Space" if kind in ("checkbox", "radio") else "Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)
        expect(target).to_have_value(text)

    def choose(self, target: Locator, option: str) -> None:
        self._reach(target)
        options = target.locator("option").all_text_contents()
        self.page.keyboard.press("Home")
        for _ in range(options.index(option)):
            self.page.keyboard.press("ArrowDown")
        expect(target.locator("option:checked")).to_have_text(option)

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            where = target.evaluate(_FOCUS)
            if where == "here":
                return
            self.page.keyboard.press("Tab" if where == "away" else "ArrowRight")
        raise AssertionError(f"the focus never comes to {target}")


#: By the word that stands in a test's name.
HANDS: dict[str, type[Mouse] | type[Keyboard]] = {"mouse": Mouse, "keyboard": Keyboard}
