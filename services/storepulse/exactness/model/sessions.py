"""Sessions, and figures by the day on which they began."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from storepulse.exactness.model.events import Event, Tables, day_of, greatest, grouped, moment
from storepulse.exactness.model.pages import counted_page, host_of

INACTIVITY_MS = 30 * 60_000
UTM = ("source", "medium", "campaign", "term", "content")
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")


def session_tables(events: list[Event]) -> Tables:
    """Sessions, which end only after 30 minutes without an event, and their figures by day."""
    result: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    reached: dict[tuple[Any, ...], int] = defaultdict(int)
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 6)
    pages_of_days: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in events:
        if event["activity_type"] == "page_view":
            page = counted_page(event) if event["page_url"] else ""
            pages_of_days[event["store_id"], day_of(event), page, event["is_bot"]][0] += 1
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
            shown = [counted_page(e) for e in visit if e["page_url"]]
            result[store, session, moment(visit[0]["occurred_at"])] = (
                moment(visit[-1]["occurred_at"]),
                day,
                greatest(e["visitor_id"] for e in visit),
                sum(1 << bit for bit, step in enumerate(FUNNEL) if step in took),
                pages,
                len(visit),
                is_bot,
                shown[0] if shown else None,
                shown[-1] if shown else None,
                *origin,
            )
            for place, page in enumerate((shown[0], shown[-1]) if shown else (), 1):
                pages_of_days[store, day, page, is_bot][place] += 1
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
        "pages_daily": {key: tuple(counts) for key, counts in pages_of_days.items()},
    }


def origin_of(visit: list[Event]) -> tuple[str | None, ...]:
    """Source, five UTM values and country of the first event with a page or a referrer."""
    for event in visit:
        page, referrer = event["page_url"], event["referrer"]
        if event.get("origin"):
            return *event["origin"], event.get("country")
        if page or referrer:
            source = host_of(referrer)
            asked = dict(reversed(parse_qsl(urlsplit(page or "").query)))
            utm = [asked.get(f"utm_{name}", "").strip()[:200] or None for name in UTM]
            low = [value and value.lower() for value in utm[:2]]
            own = {host_of(page), (event.get("store_domain") or "").removeprefix("www.")}
            return None if source in own else source, *low, *utm[2:], event.get("country")
    return (None,) * 7
