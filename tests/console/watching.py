"""What a page must never do while it is looked at: break the content policy, throw, log an error,
run text of an event, jump about, or scroll sideways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

#: CLS by the rules of web vitals is the worst session; the sum is never below it.
MOST_SHIFT = 0.02
_WATCHED = """(() => {
  const seen = (window.__watched = { violations: [], ran: [], shift: 0 });
  window.__hostile = (what) => seen.ran.push(String(what));
  document.addEventListener("securitypolicyviolation", (event) =>
    seen.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
})()"""


@dataclass
class Watch:
    """What went wrong in a page since it was opened. `expected`: statuses of answers that the test
    itself caused, which browsers log."""

    page: Page
    expected: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fails with what went wrong."""
        state = self._state()
        found = [*self.faults, *state["violations"], *(f"ran: {what}" for what in state["ran"])]
        assert found == [], found

    def shift(self) -> float:
        """How much of the page has jumped since the document was loaded."""
        return float(self._state()["shift"])

    def check_steady(self) -> None:
        """Fails where more jumped than may."""
        assert self.shift() <= MOST_SHIFT, f"CLS {self.shift():.3f}"

    def _state(self) -> Any:
        return self.page.evaluate("window.__watched")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        caused = any(f"status of {status}" in message.text for status in self.expected)
        if not caused:
            self.faults.append(f"{message.type}: {message.text}")


def watch(page: Page) -> Watch:
    """Begins to watch a page, before it is opened."""
    found = Watch(page)
    page.add_init_script(_WATCHED)
    page.on("console", found._hear)
    page.on("pageerror", lambda error: found.faults.append(f"thrown: {error}"))
    page.on("dialog", lambda dialog: (found.faults.append(dialog.message), dialog.dismiss()))
    return found


def check_fits(page: Page) -> None:
    """Fails where the document can be scrolled sideways, and names what sticks out."""
    sticking = page.evaluate(
        """() => {
          const wide = document.scrollingElement.scrollWidth;
          const room = document.documentElement.clientWidth;
          if (wide <= room) return [];
          return [`${wide} px in ${room}`, ...[...document.body.querySelectorAll("*")]
            .filter((one) => one.getBoundingClientRect().right > room + 0.5)
            .slice(0, 8).map((one) => one.outerHTML.slice(0, 120))];
        }"""
    )
    assert sticking == [], sticking
