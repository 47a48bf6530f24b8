"""Every stored number once more, from the events alone, in plain Python.

Independent of the product on purpose: it imports nothing of it. Input are the fresh events that
the demo wrote (one JSON object each, in the order of their session); `comparison` holds PostgreSQL
against what comes out.

Whether a click is rage depends on when it was received and arrived, too. The demo sends such clicks
in one request; where a crash may have torn a request apart, hand in `received_at` per event id, and
where times of receipt may go back within a partition, `arrived_at`: the latest time of receipt of
the partition's clicks up to each.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Event = dict[str, Any]
#: table -> key -> values; keys and values in the order of `comparison.sql`.
Tables = dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INACTIVITY_MS = 30 * 60_000
UTM = ("source", "medium", "campaign", "term", "content")
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
PRODUCT_TYPES = ("product_view", "add_to_cart", "remove_from_cart", "purchase")
REACTING_TAGS = {
    "a", "area", "button", "input", "select", "textarea", "label", "summary", "option", "optgroup",
    "video", "audio",
}  # fmt: skip
REACTING_WORDS = {"btn", "button", "cta", "link"}
CONTAINERS = {"row", "group", "bar", "list", "wrapper", "container"}
SERIES_WORDS = {"qty", "quantity", "plus", "minus", "next", "prev", "previous"}


def read_events(*files: Path) -> list[Event]:
    """The events of the demo's files, in their order."""
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def by_session(events: Iterable[Event]) -> dict[Any, list[Event]]:
    """The events in their order within each session: how sessions interleave is chance."""
    return grouped(events, lambda e: (e["stream"], e["store_id"], e["session_id"] or e["event_id"]))


# ---- small definitions ------------------------------------------------------------------------


def moment(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def hour_of(event: Event) -> datetime:
    return moment(event["occurred_at"] // 3_600_000 * 3_600_000)


def day_of(event: Event) -> date:
    return moment(event["occurred_at"]).date()


def amount(event: Event) -> Decimal | None:
    return None if event["value"] is None else Decimal(event["value"])


def greatest(texts: Iterable[str | None]) -> str | None:
    """By bytes, as PostgreSQL compares in the C collation."""
    return max((t for t in texts if t is not None), key=str.encode, default=None)


def page_of(url: str) -> str:
    """Decoded, encoded again byte by byte, without slashes at the end; an escaped slash stays."""
    found = re.match(r"[^/?#]*([^?#]*)", url.split("://", 1)[1])
    assert found is not None
    page, path = "", found[1].encode()
    while path:
        escape = re.match(rb"%([0-9A-Fa-f]{2})", path)
        byte, path = (int(escape[1], 16), path[3:]) if escape else (path[0], path[1:])
        plain = chr(byte) if byte < 128 else ""
        kept = (plain.isalnum() or plain in tuple("-._~/:@!$&'()*+,;=")) and not (
            escape and plain == "/"
        )
        page += plain if kept else f"%{byte:02X}"
    return page.rstrip("/") or "/"


def heatmap_page(event: Event) -> str:
    """The page under which it counts: one that the gateway marked is one of the others."""
    return "(other)" if (event.get("folded") or 0) & 1 else page_of(event["page_url"])


def heatmap_selector(event: Event) -> str:
    return "(other)" if (event.get("folded") or 0) & 2 else event["selector"] or ""


def landing_page(event: Event) -> str:
    return "(other)" if (event.get("folded") or 0) & 4 else event["landing_page_id"]


def host_of(url: str | None) -> str | None:
    if not url:
        return None
    authority = re.match(r"[^/?#]*", url.split("://", 1)[1])
    assert authority is not None
    host = authority[0].rpartition("@")[2].lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return host.removeprefix("www.") or None


def reacts(selector: str) -> bool:
    """Whether the element or one that holds it reacts to clicks, for selectors as the traffic of
    tests has them: without quotes and brackets that hold spaces."""
    return any(_reacts_itself(part) for part in re.split(r"[ >]+", selector.lower()))


def _reacts_itself(part: str) -> bool:
    if "onclick" in part or "data-cta" in part or re.search(r"\[role=.?(button|link)", part):
        return True
    tag, *names = re.split(r"[.#]", re.sub(r"\[.*?\]", "", part).partition(":")[0])
    if tag in REACTING_TAGS:
        return True
    words = [re.split("[-_]+", name) for name in (tag, *names)]
    return any(REACTING_WORDS & {*w} and w[-1] not in CONTAINERS for w in words)


def may_be_rage(click: Event) -> bool:
    """Neither from the keyboard nor on what people click in series."""
    names = re.split(r"[-_.# >]+", heatmap_selector(click).replace("#__next", ""))
    return (click["x"], click["y"]) != (0, 0) and not SERIES_WORDS & {*names}


def grouped(events: Iterable[Event], key: Any) -> dict[Any, list[Event]]:
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


# ---- the tables -------------------------------------------------------------------------------


def expected(
    events: list[Event],
    received_at: Mapping[str, int] | None = None,
    arrived_at: Mapping[str, int] | None = None,
) -> Tables:
    """All tables as they must be after these fresh events. Raises on an event given twice."""
    ids = [(e["store_id"], e["event_id"]) for e in events]
    if len(ids) != len(set(ids)):
        raise ValueError("events are to be given once each")
    of = grouped(events, lambda e: e["stream"])
    counts = grouped(events, lambda e: (e["stream"], e["store_id"]))
    return {
        "ledger_counts": {key: (len(rows),) for key, rows in counts.items()},
        **activity_tables(of.get("activity", [])),
        "visitors_daily": {
            (e["store_id"], day_of(e), e["visitor_id"] or f"s:{e['session_id']}"): ()
            for e in [*of.get("activity", []), *of.get("landing", [])]
            if not e["is_bot"]
        },
        **heatmap_tables(of.get("heatmap", []), received_at or {}, arrived_at or {}),
        **cart_tables(of.get("cart", [])),
        **landing_tables(of.get("landing", [])),
        "orders": orders(events),
    }


def activity_tables(events: list[Event]) -> Tables:
    def daily(event: Event) -> tuple[Any, ...]:
        return event["store_id"], day_of(event)

    rows = {
        (e["store_id"], e["event_id"]): (
            e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["activity_type"],
            e["page_url"], e["referrer"], e["product_id"], e["product_name"], e["search_query"],
            e["quantity"], amount(e), e["currency"], e["is_bot"],
        )
        for e in events
    }  # fmt: skip
    hourly = grouped(events, lambda e: (e["store_id"], hour_of(e), e["activity_type"], e["is_bot"]))
    sold = [
        e
        for e in events
        if e["activity_type"] == "purchase" and e["value"] is not None and not order_of(e)
    ]
    revenue = grouped(sold, lambda e: (e["store_id"], hour_of(e), e["currency"] or "", e["is_bot"]))
    products = grouped(
        [e for e in events if e["product_id"] and e["activity_type"] in PRODUCT_TYPES],
        lambda e: (*daily(e), e["product_id"], e["is_bot"]),
    )
    terms: dict[tuple[Any, ...], int] = defaultdict(int)
    for event in events:
        if event["activity_type"] == "search" and event["search_query"] is not None:
            typed = unicodedata.normalize("NFC", event["search_query"]).lower()
            term = " ".join(unicodedata.normalize("NFC", typed).split())[:200].rstrip(" ")
            if term:
                terms[*daily(event), term, event["is_bot"]] += 1
    viewed = grouped(
        [e for e in events if e["activity_type"] == "page_view"],
        lambda e: (*daily(e), page_of(e["page_url"]) if e["page_url"] else "", e["is_bot"]),
    )
    return {
        "customer_activity": rows,
        "activity_hourly": {
            key: (len(found), sum(e["quantity"] or 0 for e in found))
            for key, found in hourly.items()
        },
        "activity_revenue_hourly": {
            key: (len(found), sum(Decimal(e["value"]) for e in found))
            for key, found in revenue.items()
        },
        "activity_products_daily": {
            key: (
                greatest(e["product_name"] for e in found),
                *(sum(e["activity_type"] == kind for e in found) for kind in PRODUCT_TYPES),
            )
            for key, found in products.items()
        },
        "activity_searches_daily": {key: (count,) for key, count in terms.items()},
        **sessions(events),
        "pages_daily": {key: (len(found),) for key, found in viewed.items()},
    }


def sessions(events: list[Event]) -> Tables:
    """30 minutes without an event end a session, and nothing else; what is told by its day."""
    result: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    reached: dict[tuple[Any, ...], int] = defaultdict(int)
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 6)
    for (store, session), found in grouped(
        events, lambda e: (e["store_id"], e["session_id"])
    ).items():
        visits: list[list[Event]] = []
        for event in sorted(found, key=lambda e: (e["occurred_at"], e["event_id"])):
            if visits and event["occurred_at"] - visits[-1][-1]["occurred_at"] <= INACTIVITY_MS:
                visits[-1].append(event)
            else:
                visits.append([event])
        for visit in visits:
            day, took = day_of(visit[0]), {e["activity_type"] for e in visit}
            lasted = visit[-1]["occurred_at"] - visit[0]["occurred_at"]
            pages = sum(e["activity_type"] == "page_view" for e in visit)
            is_bot = any(e["is_bot"] for e in visit)
            source, *utm, country = origin = origin_of(visit)
            shown = [e["page_url"] for e in visit if e["page_url"]]
            result[store, session, moment(visit[0]["occurred_at"])] = (
                moment(visit[-1]["occurred_at"]),
                day,
                greatest(e["visitor_id"] for e in visit),
                sum(1 << bit for bit, step in enumerate(FUNNEL) if step in took),
                pages,
                len(visit),
                is_bot,
                page_of(shown[0]) if shown else None,
                page_of(shown[-1]) if shown else None,
                *origin,
            )
            for step in range(len(FUNNEL)):
                reached[store, day, step, is_bot] += took.issuperset(FUNNEL[: step + 1])
            came = (utm[0] or source or "", utm[1] or "", utm[2] or "", country or "")
            figures = (
                1, len(visit), pages, pages <= 1 and took.isdisjoint(FUNNEL[2:]),
                "purchase" in took, lasted,
            )  # fmt: skip
            sums[store, day, is_bot, *came] = [
                a + b for a, b in zip(sums[store, day, is_bot, *came], figures, strict=True)
            ]
    return {
        "sessions": result,
        "funnel_daily": {key: (count,) for key, count in reached.items() if count},
        "sessions_daily": {key: tuple(figures) for key, figures in sums.items()},
    }


def origin_of(visit: list[Event]) -> tuple[str | None, ...]:
    """Source, five UTM values and country of the first event with a page or a referrer."""
    for event in visit:
        page, referrer = event["page_url"], event["referrer"]
        if page or referrer:
            source = host_of(referrer)
            asked = dict(reversed(parse_qsl(urlsplit(page or "").query)))
            utm = [asked.get(f"utm_{name}", "").strip()[:200] or None for name in UTM]
            low = [value and value.lower() for value in utm[:2]]
            own = source is not None and source == host_of(page)
            return None if own else source, *low, *utm[2:], event.get("country")
    return (None,) * 7


@dataclass
class Element:
    clicks: int = 0
    rage: int = 0
    dead: int = 0
    hovers: int = 0
    dwell: int = 0


def heatmap_tables(events: list[Event], *times: Mapping[str, int]) -> Tables:
    """`times`: of each kind that may tear a burst apart, by event id."""
    cells: dict[tuple[Any, ...], tuple[int, int]] = {}
    reach: dict[tuple[Any, ...], int] = defaultdict(int)
    elements: dict[tuple[Any, ...], Element] = defaultdict(Element)
    before: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        kind, is_bot = event["kind"], event["is_bot"]
        place = (event["store_id"], heatmap_page(event), hour_of(event), event["device"])
        if kind == "scroll":
            reach[*place, event["scroll_depth"] // 5, is_bot] += 1
            continue
        width = event["viewport_width"] or 1280
        cell = (*place, kind, min(127, event["x"] * 128 // width), event["y"] // 16, is_bot)
        count, dwell = cells.get(cell, (0, 0))
        cells[cell] = (count + 1, dwell + (event["dwell_ms"] or 0))
        element = elements[*place, heatmap_selector(event), is_bot]
        if kind == "hover":
            element.hovers += 1
            element.dwell += event["dwell_ms"] or 0
            continue
        element.clicks += 1
        selector = heatmap_selector(event)
        element.dead += selector not in ("", "(other)") and not reacts(selector)
        if not may_be_rage(event):
            continue
        clicks = before[event["store_id"], event["session_id"]]
        element.rage += len(clicks) >= 2 and all(
            is_near(event, earlier, *times) for earlier in clicks[-2:]
        )
        clicks.append(event)
    return {
        "heatmap_cells": dict(cells),
        "heatmap_scroll": {key: (count,) for key, count in reach.items()},
        "heatmap_elements": {
            key: (e.clicks, e.rage, e.dead, e.hovers, e.dwell) for key, e in elements.items()
        },
    }


def is_near(click: Event, earlier: Event, *times: Mapping[str, int]) -> bool:
    apart = (click["x"] - earlier["x"]) ** 2 + (click["y"] - earlier["y"]) ** 2
    torn = [at.get(click["event_id"], 0) - at.get(earlier["event_id"], 0) for at in times]
    return (
        apart <= 30**2
        and abs(click["occurred_at"] - earlier["occurred_at"]) <= 1_000
        and all(abs(apart) <= 2_000 for apart in torn)
        and heatmap_page(click) == heatmap_page(earlier)
    )


def cart_tables(events: list[Event]) -> Tables:
    def with_link(found: list[Event], name: str) -> int:
        return sum(e[name] is not None for e in found)

    hourly = grouped(events, lambda e: (e["store_id"], hour_of(e), e["store_name"], e["is_bot"]))
    products = grouped(
        [e for e in events if e["product_id"]],
        lambda e: (e["store_id"], day_of(e), e["product_id"], e["is_bot"]),
    )
    return {
        "cart_tracking_events": {
            (e["store_id"], e["event_id"]): (
                e["store_name"], e["session_id"], moment(e["occurred_at"]), e["product_id"],
                e["product_title"], e["generated_image_url"], e["person_image_url"],
                e["clothing_image_url"], e["is_bot"],
            )
            for e in events
        },
        "cart_hourly": {
            key: (
                len(found),
                with_link(found, "generated_image_url"),
                with_link(found, "person_image_url"),
                with_link(found, "clothing_image_url"),
            )
            for key, found in hourly.items()
        },
        "cart_products_daily": {
            key: (
                greatest(e["product_title"] for e in found),
                len(found),
                with_link(found, "generated_image_url"),
            )
            for key, found in products.items()
        },
    }  # fmt: skip


def landing_tables(events: list[Event]) -> Tables:
    def place(event: Event) -> tuple[Any, ...]:
        return (
            event["store_id"], landing_page(event), event["campaign_id"] or "", hour_of(event),
            day_of(event),
        )  # fmt: skip

    hourly: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for key, found in grouped(events, lambda e: (*place(e), e["is_bot"])).items():
        kinds = [e["event_type"] for e in found if not order_of(e)]
        known = [kinds.count(kind) for kind in ("PageView", "AddToCart", "Purchase")]
        visits = len({e["session_id"] for e in found})
        hourly[key] = (*known, len(found) - len(kinds), len(kinds) - sum(known), visits)
    sold = [
        e
        for e in events
        if e["event_type"] == "Purchase" and e["value"] is not None and not order_of(e)
    ]
    revenue = grouped(sold, lambda e: (*place(e), e["currency"] or "", e["is_bot"]))
    return {
        "landing_events": {
            (e["store_id"], e["event_id"]): (
                e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["event_type"],
                e["landing_page_id"], e["campaign_id"], amount(e), e["currency"], e["is_bot"],
            )
            for e in events
        },
        "landing_hourly": hourly,
        "landing_revenue_hourly": {
            key: (len(found), sum(Decimal(e["value"]) for e in found))
            for key, found in revenue.items()
        },
        "landing_sessions": {(*place(e), e["session_id"], e["is_bot"]): () for e in events},
    }  # fmt: skip


def order_of(event: Event) -> str | None:
    """The order that a purchase names."""
    kind = event.get("activity_type") or event.get("event_type")
    return event.get("order_id") or None if kind in ("purchase", "Purchase") else None


def orders(events: list[Event]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Each order once: when it was first told, where, and what the best word says of it."""
    result: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    told = [e for e in events if order_of(e)]
    for key, found in grouped(told, lambda e: (e["store_id"], order_of(e))).items():
        in_time = sorted(found, key=lambda e: (e["occurred_at"], e["event_id"], e["stream"]))
        by_trust = sorted(in_time, key=lambda e: e.get("source") in ("server", "import"))
        page = next((e for e in in_time if e.get("landing_page_id")), None)
        paid = [e for e in by_trust if e["value"] is not None]

        def best(name: str, words: list[Event] = by_trust) -> Any:
            return next((e[name] for e in reversed(words) if e.get(name) is not None), None)

        result[key] = (
            moment(in_time[0]["occurred_at"]), day_of(in_time[0]),
            landing_page(page) if page else None, page["campaign_id"] if page else None,
            amount(paid[-1]) if paid else None, paid[-1]["currency"] if paid else None,
            best("session_id"), best("visitor_id"), all(e["is_bot"] for e in found),
        )  # fmt: skip
    return result
