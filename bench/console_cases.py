"""The console's pages as the bench opens them, and what is clicked on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What of a page is clicked: a part that chooses, a button, a link.
Role = Literal["radio", "button", "link"]


@dataclass(frozen=True)
class ConsoleCase:
    """A page below /analytics, and what of its `main` is clicked, by exact name. `{person}` of a
    path is whoever did most."""

    name: str
    path: str
    role: Role
    click: str


CONSOLE_CASES = (
    ConsoleCase("Overview", "/overview", "button", "Show Carts in the chart"),
    ConsoleCase("Live", "/live", "radio", "Rejected"),
    ConsoleCase("Users", "/users", "button", "Spent"),
    ConsoleCase("Timeline", "/users/{person}", "radio", "Carts"),
    ConsoleCase("Carts", "/carts", "radio", "Hour"),
    ConsoleCase("Funnel", "/funnel", "button", "Show “Conversion by day” as a table"),
    ConsoleCase("Products", "/products", "button", "Bought"),
    ConsoleCase("Searches", "/searches", "button", "Term"),
    ConsoleCase("Sources and pages", "/sources", "radio", "Pages"),
    ConsoleCase("Heatmap", "/heatmap", "radio", "Scroll"),
    ConsoleCase("Landing pages", "/landing-pages", "button", "Revenue"),
    ConsoleCase("Campaigns", "/campaigns", "button", "Revenue"),
    ConsoleCase("Experiments", "/experiments", "radio", "Running"),
    ConsoleCase("Delivery", "/delivery", "radio", "Failed"),
    ConsoleCase("Dead letters", "/dead-letters", "radio", "Discarded"),
    ConsoleCase("Usage", "/usage", "button", "Show Events in the chart"),
    ConsoleCase("Settings", "/settings", "link", "Keys"),
)
