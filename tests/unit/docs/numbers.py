"""The worked examples of docs/numbers.md: what happened in a store, and what it counts.

    Store in Europe/Berlin
    2026-11-02 23:50:00  page_view  session=a page=/mug
    sessions on 2026-11-02: 1

Times are the store's. An event's type says which stream it is of; an id that is there again is the
same event, told again. Figures leave robots out.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.docs.markdown import prose_and_code

from storepulse.domain.web_vitals import METRICS
from storepulse.exactness.model import comparison
from storepulse.exactness.model.tables import expected

STORE = "S"
_EVENT = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:\d\d)?) +(\w+) *(.*)"
)
_FIGURE = re.compile(r"([a-z][^:]*?)(?: on (\d{4}-\d\d-\d\d))?: (.*)")
#: Words of examples for fields of events.
_FIELDS = {
    "session": "session_id", "visitor": "visitor_id", "page": "page_url", "product": "product_id",
    "name": "product_name", "query": "search_query", "order": "order_id", "by": "source",
    "landing": "landing_page_id", "campaign": "campaign_id", "tracking": "tracking_id",
    "depth": "scroll_depth",
    "dwell": "dwell_ms", "view": "view_id", "image": "generated_image_url", "id": "event_id",
    "customer": "customer_id", "email": "email_hash", "robot": "is_bot", "width": "viewport_width",
    "address": "metadata", "says": "metadata", "event": "name", "chat": "client_id",
    "refund": "refund_id",
}  # fmt: skip
_ACTIVITY = (
    "page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start", "purchase",
    "search", "custom",
)  # fmt: skip
_NONE = (
    "visitor_id", "page_url", "referrer", "product_id", "product_name", "search_query", "quantity",
    "value", "currency", "order_id", "landing_page_id", "campaign_id", "x", "y", "viewport_width",
    "selector", "scroll_depth", "dwell_ms", "product_title", "generated_image_url",
    "person_image_url", "clothing_image_url", "view_id", "items", "metadata", "customer_id",
    "persona", "story", "text", "image_url",
    "email_hash", "name", "country", "folded", "tracking_id", "start_param", "telegram_id",
    "order_name", "ordered_at", "refunded", "refund_id", "refund_value", "channel",
)  # fmt: skip

_LINE = ("product_id", "quantity", "price")
_COMMA = re.compile(r",(?![^(]*\))(?![^\[]*\])")

Row = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """`figures`: what the page says, each (name, day or None, value as text)."""

    zone: str
    events: list[dict[str, Any]]
    figures: list[tuple[str, date | None, str]]


def examples_of(page: str) -> Iterator[Example]:
    """The examples of a page's text. Raises ValueError on a line that means nothing."""
    for _, code in prose_and_code(page)[1]:
        first, _, rest = code.partition("\n")
        if first.startswith("Store in "):
            yield _example(first.removeprefix("Store in ").strip(), rest)


def _example(zone: str, text: str) -> Example:
    events: dict[str, dict[str, Any]] = {}
    figures = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        if found := _EVENT.fullmatch(line):
            event = _event(number, ZoneInfo(zone), *found.groups())
            events.setdefault(event["event_id"], event)
        elif found := _FIGURE.fullmatch(line):
            name, day, value = found.groups()
            figures.append((name, date.fromisoformat(day) if day else None, value))
        else:
            raise ValueError(f"neither an event nor a figure: {line}")
    return Example(zone, list(events.values()), figures)


def _event(number: int, zone: ZoneInfo, at: str, kind: str, said: str) -> dict[str, Any]:
    when = datetime.fromisoformat(at)
    when = when if when.tzinfo else when.replace(tzinfo=zone)
    event: dict[str, Any] = dict.fromkeys(_NONE)
    event |= {
        "store_id": STORE, "event_id": f"e{number:03}", "session_id": "a", "is_bot": False,
        "occurred_at": round(when.timestamp() * 1000), "source": "tracker",
    }  # fmt: skip
    if "chat=" in said:
        event |= {"stream": "bot", "event_type": kind}
    elif kind in ("image_generated", "pixels_called", "web_vitals"):
        event |= {"stream": "activity", "activity_type": "custom", "name": kind}
    elif kind == "cart_abandoned":
        custom = {"activity_type": "custom", "name": kind, "source": "server"}
        event |= {"stream": "activity"} | custom
    elif kind in _ACTIVITY:
        event |= {"stream": "activity", "activity_type": kind}
    elif kind in ("created", "paid", "refunded", "cancelled"):
        event |= {"stream": "order", "event_type": kind, "source": "server"}
    elif kind == "usage":
        event |= {"stream": "usage", "source": "server"}
    elif kind == "cart":
        event |= {"stream": "cart", "store_name": "shop.example"}
    elif kind in ("click", "hover", "scroll"):
        event |= {"stream": "heatmap", "kind": kind, "viewport_width": 1280, "device": "desktop"}
    elif kind.isupper():
        event |= {"stream": "campaign", "event_type": kind, "event_name": kind}
    else:
        event |= {"stream": "landing", "event_type": kind}
    for word in shlex.split(said):
        name, _, text = word.partition("=")
        event[_FIELDS.get(name, name)] = _value_of(name, text)
    if event["stream"] == "bot":
        event["image_url"] = event.pop("generated_image_url")
    return event


def _value_of(name: str, text: str) -> Any:
    if name in ("x", "y", "depth", "dwell", "quantity", "width", "folded"):
        return int(text)
    if name == "page":
        return f"https://shop.example{text}" if text.startswith("/") else text
    if name == "items":
        lines = (dict(zip(_LINE, line.split(":"), strict=True)) for line in text.split())
        return json.dumps([line | {"quantity": int(line["quantity"])} for line in lines])
    if name == "address":
        return json.dumps({"image_url": text})
    return text == "yes" if name == "robot" else text


# ---- figures ------------------------------------------------------------------------------------


def told(example: Example, name: str, day: date | None) -> str:
    """The figure by the plain model, as the page writes it. Raises KeyError for an unknown name."""
    zones = {STORE: [(date(2020, 1, 1), example.zone)]}
    tables = {
        table: [dict(zip(_columns(table), (*key, *values), strict=True))
                for key, values in rows.items()]
        for table, rows in expected(example.events, zones=zones).items()
    }  # fmt: skip
    for pattern, figure in _FIGURES.items():
        if found := re.fullmatch(pattern, name):
            return figure(_Counted(tables, day), *found.groups())
    raise KeyError(name)


def _columns(table: str) -> list[str]:
    query = " ".join(comparison.QUERIES[table][1].decode().split())
    selected = query.partition(" FROM ")[0].removeprefix("SELECT ")
    names = [word.strip().removesuffix("::text").strip('"') for word in _COMMA.split(selected)]
    return [f"column {n}" if "(" in name else name for n, name in enumerate(names)]


@dataclass(frozen=True)
class _Counted:
    tables: dict[str, list[Row]]
    day: date | None

    def rows(self, table: str, **where: Any) -> list[Row]:
        return [
            row
            for row in self.tables[table]
            if not row.get("is_bot")
            and self.day in (None, row.get("day"))
            and all(row[name] == value for name, value in where.items())
        ]

    def sum(self, table: str, column: str, **where: Any) -> int:
        return sum(row[column] for row in self.rows(table, **where))

    def orders(self, **where: Any) -> list[Row]:
        """Those that are sold."""
        sold = ("paid", "refunded")
        return [row for row in self.rows("orders", **where) if row["status"] in sold]

    def orders_called(self, *pixels: str) -> int:
        """Sold orders for which one of the pixels was called."""
        calls = {r["purchase"] for r in self.tables["pixel_calls"]
                 if r["pixel"] in pixels and not r["is_bot"]}  # fmt: skip
        return sum(f"purchase:{row['order_id']}" in calls for row in self.orders())

    def purchases(self, page: str) -> int:
        orders = len(self.orders(landing_page_id=page))
        return orders + self.sum("landing_hourly", "purchases", landing_page_id=page)

    def visits(self, page: str) -> int:
        found = self.rows("landing_sessions", landing_page_id=page)
        return len({row["session_id"] for row in found})

    def people(self, campaign: str) -> int:
        found = self.rows("campaign_people", campaign_id=campaign)
        return len({row["tracking_id"] for row in found})

    def orders_of(self, campaign: str) -> int:
        orders = len(self.orders(campaign_id=campaign))
        return orders + self.sum("campaign_hourly", "purchases", campaign_id=campaign)

    def revenue(self, currency: str) -> Decimal:
        orders = self.orders(currency=currency)
        return sum(
            (row["amount"] - row["refunded"] for row in orders if row["amount"] is not None),
            Decimal(self.sum("activity_revenue_hourly", "revenue", currency=currency))
            + Decimal(self.sum("landing_revenue_hourly", "revenue", currency=currency))
            + Decimal(self.sum("campaign_revenue_hourly", "revenue", currency=currency)),
        )

    def of_month(self, column: str, meter: str, month: str) -> str:
        period = date.fromisoformat(f"{month}-01")
        (row,) = self.rows("usage_current", meter=meter, period=period)
        return str(row[column])

    def bought(self, product: str) -> list[Row]:
        """Lines of orders, and sales without an order, of a product."""
        orders = [row | {"purchases": 1} for row in self.rows("order_lines", product_id=product)]
        return orders + self.rows("product_sales_daily", product_id=product)

    def customers(self) -> list[str]:
        """Those who belong to nobody else."""
        return [row["value"] for row in self.rows("customers") if self.owner(row) == row["value"]]

    def owner(self, row: Row) -> str:
        """Whom an identity belongs to in the end."""
        of = {(one["kind"], one["value"]): one for one in self.rows("identities")}
        one = of[row["kind"], row["value"]]
        while one["to_kind"]:
            one = of[one["to_kind"], one["to_value"]]
        return str(one["value"])

    def customer_orders(self, customer: str, **where: Any) -> list[Row]:
        """What a customer bought, a row for each currency."""
        return self.rows("customer_orders", value=customer, **where)

    def images(self) -> list[Row]:
        """Those that were told of as generated."""
        return [row for row in self.rows("images") if row["generated_at"]]

    def left_carts(self) -> list[Row]:
        """Those whose last step is after the last purchase."""
        steps = ("added_at", "checkout_at")
        return [
            row
            for row in self.rows("session_carts")
            if any(row[at] and row[at] > (row["purchased_at"] or _FIRST) for at in steps)
        ]

    def reached(self, percent: int) -> int:
        return sum(
            row["views"] for row in self.rows("heatmap_scroll") if row["reach"] * 5 >= percent
        )

    def rated(self, rating: str, metric: str) -> int:
        """Samples whose bucket has the rating."""
        return sum(
            row["samples"]
            for row in self.rows("web_vitals_daily", metric=metric)
            if METRICS[metric].rating_of_bucket(row["bucket"]) == rating.replace(" ", "_")
        )

    def percentile(self, metric: str) -> float:
        counts: Counter[int] = Counter()
        for row in self.rows("web_vitals_daily", metric=metric):
            counts[row["bucket"]] += row["samples"]
        return METRICS[metric].percentile(counts, 0.75) or 0.0

    def funnel(self) -> str:
        return " ".join(str(self.sum("funnel_daily", "sessions", step=n)) for n in range(5))

    def of_sessions(self, column: str) -> str:
        """The column of each session, in order of time."""
        found = sorted(self.rows("sessions"), key=lambda row: row["started_at"])
        return ", ".join(str(row[column] or "none") for row in found)


_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES: dict[str, Callable[..., str]] = {
    r"(count|sum|max|last) of meter (\w+) in (\S+)": lambda c, column, meter, month: c.of_month(
        column, meter, month
    ),
    r"count of meter (\w+)": lambda c, meter: str(c.sum("usage_hourly", "count", meter=meter)),
    "carts that are left": lambda c: str(len(c.left_carts())),
    "sessions": lambda c: str(c.sum("sessions_daily", "sessions")),
    "bounces": lambda c: str(c.sum("sessions_daily", "bounces")),
    "funnel": lambda c: c.funnel(),
    r"(entry|exit) page": lambda c, end: c.of_sessions(f"{end}_page"),
    "source": lambda c: c.of_sessions("source"),
    r"utm (\w+)": lambda c, name: c.of_sessions(f"utm_{name}"),
    "visitors": lambda c: str(len({row["visitor"] for row in c.rows("visitors_daily")})),
    r"visitors of hour (\d\d)": lambda c, hour: str(
        sum(f"{row['hour']:%H}" == hour for row in c.rows("visitors_hourly"))
    ),
    r"page views of (\S+)": lambda c, page: str(c.sum("pages_daily", "views", page=page)),
    r"(views|adds|removes) of product (\w+)": lambda c, column, product: str(
        c.sum("activity_products_daily", column, product_id=product)
    ),
    r"(purchases|units) of product (\w+)": lambda c, column, product: str(
        sum(row[column] for row in c.bought(product))
    ),
    r"revenue of product (\w+) in (\w+)": lambda c, product, currency: str(
        sum(row["revenue"] for row in c.bought(product) if row["currency"] == currency)
    ),
    "images generated": lambda c: str(len(c.images())),
    "images in carts": lambda c: str(sum(row["is_carted"] for row in c.images())),
    r"custom events (.+)": lambda c, name: str(c.sum("custom_events_daily", "events", name=name)),
    r"samples of (\w+) on page (\S+)": lambda c, metric, page: str(
        c.sum("web_vitals_daily", "samples", metric=metric, page=page)
    ),
    r"(good|needs improvement|poor) samples of (\w+)": lambda c, rating, metric: str(
        c.rated(rating, metric)
    ),
    r"p75 of (\w+)": lambda c, metric: f"{c.percentile(metric):.0f}",
    r"searches for (.+)": lambda c, term: str(
        c.sum("activity_searches_daily", "searches", term=term)
    ),
    r"purchases with a call of (\w+)": lambda c, pixel: str(c.orders_called(pixel)),
    "purchases without a call": lambda c: str(len(c.orders()) - c.orders_called("meta", "google")),
    "orders": lambda c: str(len(c.orders())),
    r"orders of (\S+)": lambda c, campaign: str(c.orders_of(campaign)),
    r"opens of (\S+)": lambda c, name: str(c.sum("campaign_hourly", "opens", campaign_id=name)),
    r"people of (\S+)": lambda c, campaign: str(c.people(campaign)),
    r"conversion of campaign (\S+)": lambda c, campaign: str(
        c.orders_of(campaign) / c.people(campaign)
    ),
    "customers": lambda c: str(len(c.customers())),
    "people": lambda c: str(len(c.rows("people", owner_kind=None))),
    r"orders of customer (\w+)": lambda c, customer: str(
        sum(row["orders"] for row in c.customer_orders(customer))
    ),
    r"spent by customer (\w+) in (\w+)": lambda c, customer, currency: str(
        sum(row["spent"] for row in c.customer_orders(customer, currency=currency))
    ),
    r"revenue in (\w+)": lambda c, currency: str(c.revenue(currency)),
    r"visits of (\S+)": lambda c, page: str(c.visits(page)),
    r"(views|clicks) of (\S+)": lambda c, column, page: str(
        c.sum("landing_hourly", column, landing_page_id=page)
    ),
    r"purchases of (\S+)": lambda c, page: str(c.purchases(page)),
    r"conversion of (\S+)": lambda c, page: str(c.purchases(page) / c.visits(page)),
    r"(events|quantity) of (\w+)": lambda c, column, kind: str(
        c.sum("activity_hourly", column, activity_type=kind)
    ),
    "carts": lambda c: str(c.sum("cart_hourly", "carts")),
    "carts with a generated image": lambda c: str(c.sum("cart_hourly", "generated_images")),
    r"(rage clicks|dead clicks)": lambda c, name: str(
        c.sum("heatmap_elements", name.replace(" ", "_"))
    ),
    "bot users": lambda c: str(len({row["client_id"] for row in c.rows("bot_users_daily")})),
    r"bot events of (\w+)": lambda c, kind: str(c.sum("bot_hourly", "events", event_type=kind)),
    r"(messages|images|persona) of chat (\S+)": lambda c, column, chat: str(
        c.rows("bot_users", client_id=chat)[0][column]
    ),
    r"(events|selections) of persona (\w+)": lambda c, column, name: str(
        c.sum("bot_choices_daily", column, kind="persona", name=name)
    ),
    "cells": lambda c: ", ".join(
        f"column {row['col']} row {row['row']}" for row in c.rows("heatmap_cells")
    ),
    r"scrolled views": lambda c: str(c.reached(0)),
    r"views that reached (\d+) %": lambda c, percent: str(c.reached(int(percent))),
}
