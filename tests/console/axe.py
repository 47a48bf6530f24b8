"""What axe finds wrong with a page: WCAG 2.2 AA and its best practices."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (
    Path(__file__).parents[2] / "services" / "console" / "node_modules" / "axe-core" / "axe.min.js"
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return AXE.read_text("utf-8")


def violations(page: Page) -> list[str]:
    """What axe finds, one line a rule with the first places."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_source())  # by the debugger: no policy of the page is bent for it
    found: list[dict[str, Any]] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })"
        ".then((result) => result.violations)",
        TAGS,
    )
    return [
        f"{one['id']}: {one['help']}: "
        + " | ".join(
            f"{node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for node in one["nodes"][:3]
        )
        for one in found
    ]
