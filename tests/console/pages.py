"""Every page of the console, once: what the tests of all pages are run over.

Whoever builds a page fills in its line: `reads` is the path whose answer the page is about, and
`figure` a text of that answer that must be on the screen. While `reads` is empty, the page is not
built, and only its frame is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storepulse.domain.stores import store_id_of_domain


@dataclass(frozen=True)
class ConsolePage:
    """One page. `path`: below /analytics; `entry`: its name in the sidebar, else the heading.

    `reads`: the path of the query API that fails, is slow and has a figure in the tests;
    `parameters`: with which `figure`'s answer is read. `of_all_stores`: an empty store does not
    empty it. `names_store`: `reads` holds the store. `search`: the choices with which it is opened.
    """

    path: str
    heading: str
    reads: str = ""
    figure: Callable[[Any], str] | None = None
    parameters: Callable[[], Mapping[str, str]] = dict
    entry: str = ""
    search: str = ""
    of_all_stores: bool = False
    names_store: bool = False

    @property
    def name(self) -> str:
        """What the sidebar calls it."""
        return self.entry or self.heading

    @property
    def is_built(self) -> bool:
        """Whether there is more than its frame."""
        return bool(self.reads)

    def __str__(self) -> str:
        return self.path.strip("/").replace("/", "-")


#: The store that pages are opened with.
_STORE = store_id_of_domain("demo-aurora.myshopify.com")


def last_7_days() -> dict[str, str]:
    """The period with which pages are opened, as parameters of the API."""
    today = datetime.now(UTC).date()
    return {"from": str(today - timedelta(days=6)), "to": str(today + timedelta(days=1))}


def _first_person(answer: Any) -> str:
    """A chat or a visitor of the list."""
    ids = (one["telegram_id"] or one["visitor_id"] for one in answer["data"])
    return str(next(one for one in ids if one)).removeprefix("s:")


def _first_page(answer: Any) -> str:
    """The events of the page that is chosen by itself."""
    first = answer["data"][0]
    return f"{first['pointer_events'] + first['scroll_events']:,}"


def _events_used(answer: Any) -> str:
    """The month's events."""
    used = next(one["sum"] for one in answer["meters"] if one["meter"] == "event")
    return f"{int(used):,}"


PAGES = (
    ConsolePage(
        "/overview",
        "Overview",
        reads="/api/analytics/overview",
        figure=lambda answer: f"{answer['totals']['visitors']:,}",
        parameters=last_7_days,
    ),
    ConsolePage("/live", "Live"),
    ConsolePage(
        "/users", "Users", reads="/api/people", figure=_first_person, parameters=last_7_days
    ),
    ConsolePage(
        "/carts", "Carts", reads="/api/cart-tracking/analytics", parameters=last_7_days,
        figure=lambda answer: f"{answer['data']['totals']['carts']:,}",
    ),
    ConsolePage(
        "/funnel", "Funnel", reads="/api/analytics/funnel", parameters=last_7_days,
        figure=lambda answer: f"of {answer['data'][0]['sessions']:,} sessions bought",
    ),
    ConsolePage(
        "/products", "Products", reads="/api/analytics/products", parameters=last_7_days,
        figure=lambda answer: f"{answer['totals']['views']:,} views",
    ),
    ConsolePage(
        "/searches", "Searches", reads="/api/analytics/searches", parameters=last_7_days,
        figure=lambda answer: f"{answer['totals']['searches']:,} searches",
    ),
    ConsolePage(
        "/sources", "Sources and pages", reads="/api/analytics/sources", parameters=last_7_days,
        figure=lambda answer: f"{answer['totals']['sessions']:,}",
    ),
    ConsolePage(
        "/heatmap", "Heatmap", reads=f"/api/heatmap/{_STORE}/pages", names_store=True,
        figure=_first_page, parameters=last_7_days,
    ),
    ConsolePage(
        "/landing-pages", "Landing pages", reads="/api/landing-pages", parameters=last_7_days,
        figure=lambda answer: str(answer["data"][0]["landing_page_id"]),
    ),
    ConsolePage(
        "/campaigns", "Campaigns", reads="/api/campaigns", parameters=last_7_days,
        figure=lambda answer: str(answer["data"][0]["campaign_id"]),
    ),
    ConsolePage(
        "/experiments", "Experiments",
        reads=f"/api/ab-testing/{_STORE}",
        figure=lambda answer: str(answer["data"][0]["name"]), of_all_stores=True,
    ),
    ConsolePage(
        "/delivery", "Delivery", reads="/api/delivery/destinations",
        figure=lambda answer: str(answer["data"][0]["name"]), of_all_stores=True,
    ),
    ConsolePage(
        "/dead-letters", "Dead letters", reads="/api/dead-letters/groups",
        figure=lambda answer: str(answer["data"][0]["reason"]), of_all_stores=True,
    ),
    ConsolePage(
        "/usage", "Usage", reads=f"/api/usage/{_STORE}", figure=_events_used, of_all_stores=True,
    ),
    ConsolePage(
        "/settings", "Settings", reads=f"/api/stores/{_STORE}",
        figure=lambda answer: str(answer["data"]["store_id"]), of_all_stores=True,
    ),
)  # fmt: skip
BUILT = tuple(page for page in PAGES if page.is_built)
