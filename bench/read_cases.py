"""What the bench asks each route that reads, with parameters as the console and scripts send them.

Each GET route of the query service that reads the database stands in `cases_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storepulse.streams.registry import STREAMS

#: Stores of the fill: one with most of all visits, one with half a percent, and one without any.
LARGE = "6f1f3c1e-8c9b-5d3a-9a52-000000000000"
SMALL = "6f1f3c1e-8c9b-5d3a-9a52-000000000004"
EMPTY = "6f1f3c1e-8c9b-5d3a-9a52-000000000063"
#: A test of the large store with a million visitors.
TEST = "6f1f3c1e-8c9b-5d3a-9a52-0000000000e1"

#: What counts distinct people or sessions of many days.
DISTINCT_ROUTES = (
    "/api/analytics/stats",
    "/api/analytics/visitors",
    "/api/campaigns",
    "/api/campaigns/{campaign_id}/stats",
    "/api/landing-pages/{landing_page_id}/stats",
)


@dataclass(frozen=True, eq=False)
class ReadCase:
    """One question. `route` is its template; `note` tells it from others of the route. Two are the
    same only if they are one object."""

    route: str
    note: str
    parameters: Mapping[str, Any]
    #: What `{names}` of the route stand for.
    names: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.route} {self.note}".rstrip()

    @property
    def path(self) -> str:
        return self.route.format(**self.names)

    @property
    def is_distinct(self) -> bool:
        """Whether it counts distinct people of many days, which may take longer."""
        return self.route in DISTINCT_ROUTES


class Cases:
    """Collects questions."""

    def __init__(self) -> None:
        self.found: list[ReadCase] = []

    def ask(
        self, route: str, note: str = "", names: Mapping[str, Any] | None = None, **asked: Any
    ) -> None:
        """One more. `from_` stands for the parameter `from`."""
        sent = {name.rstrip("_"): value for name, value in asked.items()}
        self.found.append(ReadCase(route, note, sent, names or {}))


def cases_of(known: Mapping[str, Any], now: datetime) -> list[ReadCase]:
    """All questions about a filled database. `known` is the row of that name in reads.sql."""
    cases = Cases()
    _ask_figures(cases, now)
    _ask_rows(cases, known, now)
    _ask_measured(cases, now)
    _ask_carts(cases, known, now)
    _ask_pages(cases, now)
    _ask_bots(cases, known, now)
    _ask_campaigns(cases, now)
    _ask_orders(cases, now)
    _ask_customers(cases, known, now)
    _ask_usage(cases, now)
    _ask_experiments(cases)
    _ask_operations(cases, known, now)
    return cases.found


def _days(now: datetime, days: int) -> dict[str, Any]:
    """The days before `now`, which is no whole day."""
    return {
        "from_": (now - timedelta(days=days)).date().isoformat(),
        "to": (now + timedelta(days=1)).date().isoformat(),
    }


def _ask_figures(cases: Cases, now: datetime) -> None:
    week, month, quarter = _days(now, 7), _days(now, 30), _days(now, 75)
    for route in ("countries", "pages", "products", "searches", "sources", "visitors"):
        path = f"/api/analytics/{route}"
        cases.ask(path, "7 days", store_id=LARGE, **week)
        cases.ask(path, "30 days", store_id=LARGE, **month)
        cases.ask(path, "60 days", store_id=LARGE, **_days(now, 60))
        cases.ask(path, "all", store_id=LARGE)
        cases.ask(path, "small store", store_id=SMALL, **quarter)
    for route in ("funnel", "revenue"):
        path = f"/api/analytics/{route}"
        cases.ask(path, "30 days", store_id=LARGE, compare="previous_period", **month)
        cases.ask(path, "75 days", store_id=LARGE, **quarter)
    visitors = "/api/analytics/visitors"
    cases.ask(visitors, "30 days beside", store_id=LARGE, compare="previous_period", **month)
    overview = "/api/analytics/overview"
    beside: dict[str, Any] = {"compare": "previous_period"}
    cases.ask(overview, "7 days by hour", store_id=LARGE, bucket="hour", **beside, **week)
    cases.ask(overview, "30 days beside", store_id=LARGE, **beside, **month)
    cases.ask(overview, "75 days", store_id=LARGE, **quarter)
    cases.ask(overview, "small store", store_id=SMALL, **beside, **week)


def _ask_rows(cases: Cases, known: Mapping[str, Any], now: datetime) -> None:
    activity, sessions = "/api/customer-activity", "/api/analytics/sessions"
    for route in (activity, sessions):
        cases.ask(route, "newest", store_id=LARGE)
        cases.ask(route, "500 of a day", store_id=LARGE, limit=500, **_days(now, 1))
        cases.ask(route, "small store", store_id=SMALL)
        cases.ask(route, "empty store", store_id=EMPTY)
        cases.ask(route, "visitor", store_id=LARGE, visitor_id=known["visitor_id"])
        frequent = known["frequent_visitor_id"]
        cases.ask(route, "frequent visitor", store_id=LARGE, visitor_id=frequent)
        cases.ask(route, "unknown visitor", store_id=LARGE, visitor_id="v-nobody")
        cases.ask(route, "session", store_id=LARGE, session_id=known["session_id"])
        cases.ask(route, "unknown session", store_id=LARGE, session_id="s-none")
    cases.ask(activity, "frequent type", store_id=LARGE, type="page_view")
    cases.ask(activity, "type of some", store_id=LARGE, type="purchase", **_days(now, 60))
    cases.ask(activity, "type that hardly occurs", store_id=LARGE, type="custom")
    cases.ask(activity, "type of none", store_id=SMALL, type="custom")
    for stream, record in STREAMS.items():
        if record.rows is not None:
            path, names = "/api/streams/{stream}/events", {"stream": stream}
            cases.ask(path, f"{stream}, newest", names, store_id=LARGE)
            cases.ask(path, f"{stream}, small store", names, store_id=SMALL)
            cases.ask(path, f"{stream}, empty store", names, store_id=EMPTY)
            session = known["session_id"]
            cases.ask(path, f"{stream}, session", names, store_id=LARGE, session_id=session)
            cases.ask(
                path, f"{stream}, unknown session", names, store_id=LARGE, session_id="s-none"
            )


def _ask_measured(cases: Cases, now: datetime) -> None:
    names, vitals = "/api/custom-events", "/api/web-vitals"
    month, quarter = _days(now, 30), _days(now, 60)
    cases.ask(names, "30 days", store_id=LARGE, compare="previous_period", **month)
    cases.ask(names, "all, by name", store_id=LARGE, sort="name", search="event 1")
    cases.ask(names, "small store", store_id=SMALL)
    cases.ask(f"{names}/days", "60 days", store_id=LARGE, name="event 7", **quarter)
    cases.ask(f"{names}/properties", "of all", store_id=LARGE, name="event 7")
    cases.ask(vitals, "30 days", store_id=LARGE, **month)
    cases.ask(vitals, "60 days, a metric", store_id=LARGE, metric="LCP", **quarter)
    cases.ask(vitals, "60 days, a page", store_id=LARGE, page="/", **quarter)
    cases.ask(vitals, "small store", store_id=SMALL)
    cases.ask(f"{vitals}/pages", "30 days", store_id=LARGE, metric="LCP", sort="p75", **month)


def _ask_carts(cases: Cases, known: Mapping[str, Any], now: datetime) -> None:
    rows, figures = "/api/cart-tracking/events", "/api/cart-tracking/analytics"
    cases.ask(rows, "of all stores")
    cases.ask(rows, "newest", storeId=LARGE)
    cases.ask(rows, "by name", storeName="shop-0.example")
    cases.ask(rows, "small store", storeId=SMALL)
    cases.ask(rows, "empty store", storeId=EMPTY)
    cases.ask(rows, "product", storeId=LARGE, productId="p-7")
    cases.ask(rows, "unknown product", storeId=LARGE, productId="p-none")
    cases.ask(rows, "customer", storeId=LARGE, customerEmail=known["email"])
    cases.ask(rows, "session", storeId=LARGE, sessionId=known["cart_session_id"])
    cases.ask(figures, "of all stores, 30 days", **_days(now, 30))
    cases.ask(figures, "30 days", storeId=LARGE, **_days(now, 30))
    cases.ask(figures, "60 days", storeId=LARGE, **_days(now, 60))
    cases.ask(figures, "all", storeName="shop-0.example")
    cases.ask(figures, "hours of a week", storeId=LARGE, interval="hour", **_days(now, 7))
    cases.ask(figures, "small store", storeId=SMALL, **_days(now, 60))
    cases.ask(figures, "customer", storeId=LARGE, customerEmail=known["email"])
    cases.ask(figures, "session", storeId=LARGE, sessionId=known["cart_session_id"])


def _ask_pages(cases: Cases, now: datetime) -> None:
    heatmap, pages, landing = (
        "/api/heatmap/{store_id}",
        "/api/heatmap/{store_id}/pages",
        "/api/landing-pages/{landing_page_id}/stats",
    )
    large, small = {"store_id": LARGE}, {"store_id": SMALL}
    cases.ask(heatmap, "first page, 7 days", large, page="/", **_days(now, 7))
    cases.ask(heatmap, "first page, 30 days", large, page="/", **_days(now, 30))
    cases.ask(heatmap, "a page, 60 days", large, page="/products/item-90", **_days(now, 60))
    cases.ask(heatmap, "unknown page", large, page="/none", **_days(now, 60))
    cases.ask(pages, "7 days", large, **_days(now, 7))
    cases.ask(f"{heatmap}/pictures", "of a page", large, page="/")
    of_picture = {**large, "picture_id": EMPTY}
    cases.ask(f"{heatmap}/pictures/{{picture_id}}", "unknown", of_picture)
    for list_of_pages in ("/api/landing-pages", "/api/landing-pages/stats"):
        cases.ask(list_of_pages, "30 days", store_id=LARGE, **_days(now, 30))
    cases.ask(pages, "60 days", large, **_days(now, 60))
    cases.ask(pages, "all", large)
    cases.ask(pages, "small store", small, **_days(now, 60))
    first, other = {"landing_page_id": "landing-0"}, {"landing_page_id": "landing-30"}
    cases.ask(landing, "first page, 7 days", first, store_id=LARGE, **_days(now, 7))
    cases.ask(landing, "first page, 30 days", first, store_id=LARGE, **_days(now, 30))
    cases.ask(landing, "a page, 60 days", other, store_id=LARGE, **_days(now, 60))
    cases.ask(
        landing, "a campaign", first, store_id=LARGE, campaign_id="campaign-4", **_days(now, 60)
    )


def _ask_bots(cases: Cases, known: Mapping[str, Any], now: datetime) -> None:
    figures, users = "/api/analytics/stats", "/api/analytics/users"
    month = _days(now, 30)
    cases.ask(figures, "7 days", store_id=LARGE, **_days(now, 7))
    cases.ask(figures, "30 days beside", store_id=LARGE, compare="previous_period", **month)
    cases.ask(figures, "75 days", store_id=LARGE, **_days(now, 75))
    cases.ask(figures, "small store", store_id=SMALL, **month)
    for column in ("last_seen", "events", "premium_actions", "persona", "client_id"):
        for order in ("desc", "asc"):
            cases.ask(users, f"{column} {order}", store_id=LARGE, sort=column, order=order)
    client = known["client_id"]
    cases.ask(users, "500", store_id=LARGE, limit=500)
    cases.ask(users, "search", store_id=LARGE, search=client[:4])
    cases.ask(users, "search, few", store_id=LARGE, sort="events", search=client)
    cases.ask(users, "search, none", store_id=LARGE, search="-77")
    cases.ask(users, "small store", store_id=SMALL)
    cases.ask(users, "empty store", store_id=EMPTY)
    events, of_client = f"{users}/{{client_id}}/events", {"client_id": client}
    cases.ask(events, "", of_client, store_id=LARGE)
    cases.ask(events, "newest", of_client, store_id=LARGE, order="desc")
    frequent = {"client_id": known["frequent_client_id"]}
    cases.ask(events, "frequent client", frequent, store_id=LARGE, limit=500)
    cases.ask(events, "types", frequent, store_id=LARGE, types="image_generated")
    cases.ask(events, "unknown client", {"client_id": "-77"}, store_id=LARGE)


def _ask_campaigns(cases: Cases, now: datetime) -> None:
    campaigns, figures = "/api/campaigns", "/api/campaigns/{campaign_id}/stats"
    first, last = {"campaign_id": "campaign-0"}, {"campaign_id": "campaign-28"}
    cases.ask(campaigns, "7 days", store_id=LARGE, **_days(now, 7))
    cases.ask(campaigns, "60 days", store_id=LARGE, **_days(now, 60))
    cases.ask(campaigns, "small store", store_id=SMALL, **_days(now, 60))
    cases.ask(figures, "7 days", first, store_id=LARGE, **_days(now, 7))
    month = _days(now, 30)
    cases.ask(figures, "30 days", first, store_id=LARGE, compare="previous_period", **month)
    cases.ask(figures, "60 days", last, store_id=LARGE, **_days(now, 60))
    cases.ask(figures, "of all stores", first, **_days(now, 60))
    cases.ask(figures, "unknown campaign", {"campaign_id": "none"}, store_id=LARGE)
    cases.ask("/api/campaigns/stats", "30 days", store_id=LARGE, **month)


def _ask_orders(cases: Cases, now: datetime) -> None:
    orders, gap = "/api/orders", "/api/orders/reconciliation"
    month = _days(now, 30)
    cases.ask(orders, "newest", store_id=LARGE)
    cases.ask(orders, "500 of 30 days", store_id=LARGE, limit=500, **month)
    cases.ask(orders, "cancelled", store_id=LARGE, status="cancelled")
    cases.ask(orders, "paid", store_id=LARGE, status="paid")
    cases.ask(orders, "unseen", store_id=LARGE, seen="false")
    cases.ask(orders, "unknown channel", store_id=LARGE, channel="none")
    cases.ask(orders, "small store", store_id=SMALL)
    cases.ask(orders, "empty store", store_id=EMPTY)
    cases.ask(gap, "7 days", store_id=LARGE, **_days(now, 7))
    cases.ask(gap, "30 days", store_id=LARGE, **month)
    cases.ask(gap, "60 days of a channel", store_id=LARGE, channel="web", **_days(now, 60))
    cases.ask(gap, "small store", store_id=SMALL, **_days(now, 60))
    pixels = "/api/analytics/pixels"
    cases.ask(pixels, "30 days", store_id=LARGE, **month)
    cases.ask(pixels, "60 days", store_id=LARGE, **_days(now, 60))
    cases.ask(pixels, "small store", store_id=SMALL, **_days(now, 60))


def _ask_customers(cases: Cases, known: Mapping[str, Any], now: datetime) -> None:
    customers, meta = "/customers", "/customers/meta"
    since = (now - timedelta(days=2)).isoformat()
    cases.ask(customers, "first page", store_id=LARGE)
    cases.ask(customers, "first 500", store_id=LARGE, limit=500)
    cases.ask(customers, "last page by number", store_id=LARGE, limit=100, page=100)
    cases.ask(customers, "changed since", store_id=LARGE, updated_at_min=since)
    cases.ask(customers, "small store", store_id=SMALL)
    cases.ask(customers, "empty store", store_id=EMPTY)
    cases.ask(meta, "", store_id=LARGE)
    cases.ask(meta, "changed since", store_id=LARGE, updated_at_min=since)
    cases.ask(meta, "changed until", store_id=LARGE, updated_at_max=since)
    customer = {"customer": known["customer"]}
    cases.ask(f"{customers}/{{customer}}", "", customer, store_id=LARGE)
    people, person = "/api/people", {"person": known["customer"]}
    for sort in ("-last_seen", "name", "-spent"):
        cases.ask(people, f"30 days by {sort}", store_id=LARGE, sort=sort, **_days(now, 30))
    cases.ask(f"{people}/{{person}}", "", person, store_id=LARGE)
    cases.ask(f"{people}/{{person}}/events", "newest", person, store_id=LARGE)


def _ask_usage(cases: Cases, now: datetime) -> None:
    of_store = {"store_id": LARGE}
    usage, carts = "/api/usage/{store_id}", "/api/carts/sessions"
    last_month = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    cases.ask(usage, "this month", of_store)
    cases.ask(usage, "60 days", of_store, **_days(now, 60))
    cases.ask(f"{usage}/limits", "", of_store)
    cases.ask(f"{usage}/statements", "", of_store)
    cases.ask(f"{usage}/statements/{{period}}", "", {**of_store, "period": last_month})
    cases.ask(f"{usage}/days", "30 days", of_store, meter="event", **_days(now, 30))
    cases.ask("/api/stores/{store_id}/plan", "", of_store)
    cases.ask("/api/plans")
    cases.ask("/api/plans/{plan}", "", {"plan": "starter"})
    cases.ask("/api/meters")
    cases.ask(carts, "newest", store_id=LARGE)
    cases.ask(carts, "500 of 30 days", store_id=LARGE, limit=500, **_days(now, 30))
    cases.ask(carts, "empty store", store_id=EMPTY)


def _ask_experiments(cases: Cases) -> None:
    of_store = {"store_id": LARGE}
    tests = "/api/ab-testing/{store_id}"
    plan, test = f"{tests}/plan", f"{tests}/test/{{test_id}}"
    of_test = {**of_store, "test_id": TEST}
    cases.ask(tests, "newest", of_store)
    cases.ask(test, "", of_test)
    cases.ask(f"{test}/results", "a million visitors", of_test)
    cases.ask(f"{test}/results", "by its phase", of_test, phase=1)
    cases.ask(f"{test}/results/days", "", of_test)
    cases.ask(plan, "stated", of_store, effect=0.1, baseline=0.03, visitors_per_day=3800)
    cases.ask(plan, "purchases", of_store, effect=0.1, days=28)
    cases.ask(plan, "revenue", of_store, effect=0.1, metric="revenue")
    cases.ask(plan, "additions to carts", of_store, effect=0.1, source="add_to_cart")
    cases.ask("/api/page-configs", "", store_id=LARGE, limit=100)


def _ask_operations(cases: Cases, known: Mapping[str, Any], now: datetime) -> None:
    since = (now - timedelta(days=7)).date().isoformat()
    deliveries, letters = "/api/delivery/events", "/api/dead-letters"
    cases.ask(deliveries, "newest")
    cases.ask(deliveries, "failed of a store", store_id=LARGE, status="failed")
    cases.ask(deliveries, "small store", store_id=SMALL)
    cases.ask(deliveries, "empty store", store_id=EMPTY)
    cases.ask(deliveries, "destination, since", destination="webhook-1", since=since)
    cases.ask(f"{deliveries}/{{event_id}}", "", {"event_id": known["delivered_event_id"]})
    cases.ask("/api/delivery/stats", "remembered")
    cases.ask("/api/delivery/destinations", "all stores")
    cases.ask("/api/delivery/destinations/{destination}", "", {"destination": "webhook-1"})
    cases.ask("/api/health/pipeline", "all stores")
    cases.ask("/api/health/pipeline", "small store", store_id=SMALL)
    cases.ask(letters, "open", status="open")
    cases.ask(letters, "small store", store_id=SMALL)
    cases.ask(f"{letters}/groups", "open", status="open")
    cases.ask(f"{letters}/runs/{{run}}", "unknown", {"run": EMPTY})
    letter = {"dead_letter_id": known["dead_letter_id"]}
    cases.ask(f"{letters}/{{dead_letter_id}}", "", letter)
    cases.ask("/api/audit", "newest")
    cases.ask("/api/audit", "a store's", store_id=SMALL)
    cases.ask("/api/keys", "newest")
    cases.ask("/api/keys", "a store's", store_id=SMALL)
    cases.ask("/api/keys/{key_id}", "", {"key_id": known["key_id"]})
    cases.ask("/api/stores", "newest", limit=100)
    cases.ask("/api/stores/{store_id}", "", {"store_id": LARGE})
    cases.ask("/api/stores/{store_id}/secrets", "", {"store_id": LARGE})
    cases.ask("/api/destinations")
    cases.ask("/api/destinations/{destination}", "", {"destination": "webhook-1"})
    cases.ask("/api/me")
