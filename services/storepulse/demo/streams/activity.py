"""Activity: visitors' actions in a shop, and the figures of sessions and the funnel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from storepulse.demo.beacons import PATHS
from storepulse.demo.measured import MeasuredFigures, json_of, read_measured
from storepulse.demo.part import Mistake, Part, Read, Told
from storepulse.demo.segment import visit_by_segment
from storepulse.demo.visit import Visit, money_as_sent, text_of
from storepulse.domain.emails import email_hash

INACTIVITY_MS = 30 * 60_000
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
_MOST = 500
_MANY_KEYS = {f"k{n}": n for n in range(201)}
_DEEP: dict[str, Any] = {}
for _ in range(40):
    _DEEP = {"deeper": _DEEP}


def act(visit: Visit, kind: str, **own: Any) -> None:
    """Sends the beacon of an action of the visitor."""
    visit.now = max(visit.now + visit.rng.randrange(5, 2_000), visit.next_act)
    visit.last_act = visit.now
    # Without an id, the gateway derives one from the content and returns it.
    is_nameless = visit.rng.random() < 0.02 and not visit.gives_ids
    event_id = None if is_nameless else visit.new_id()
    value, email = own.pop("value", None), own.get("customer_email")
    referrer, visit.referrer = visit.referrer, None
    sent = visit.envelope(event_id) | {"activity_type": kind, "referrer": referrer} | own
    if value is not None:
        sent["value"] = money_as_sent(visit.rng, value)
    event = visit.event(
        "activity", event_id, activity_type=kind, page_url=own["page_url"],
        referrer=referrer or None, product_id=text_of(own.get("product_id")),
        product_name=own.get("product_name"), search_query=own.get("search_query"),
        quantity=own.get("quantity"), value=text_of(value),
        currency=(own.get("currency") or "").upper() or None, order_id=own.get("order_id"),
        name=own.get("name"), metadata=json_of(own.get("metadata")),
        items=json_of(own.get("items")), customer_id=text_of(own.get("customer_id")),
        email_hash=None if email is None else email_hash(email),
    )  # fmt: skip
    entry = visit.entry("activity", kind, sent, event)
    visit.add(PATHS["activity"], [entry])


@dataclass
class ActivityFigures:
    """Time and type of each event, by session id; custom events and web vitals."""

    acts: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    measured: MeasuredFigures = field(default_factory=lambda: MeasuredFigures("activity"))

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event."""
        self.acts[event["session_id"]].append((event["occurred_at"], event["activity_type"]))
        if event["activity_type"] == "custom":
            self.measured.name(event["name"])
            if event["name"] == "web_vitals":
                self.measured.measure(event["metadata"])

    def document(self) -> dict[str, Any]:
        """Sessions, sessions by step of the funnel, custom events and web vitals."""
        visits = [visit for acts in self.acts.values() for visit in _visits(sorted(acts))]
        return self.measured.document() | {
            "sessions": len(visits),
            "funnel": [
                sum(visit.issuperset(FUNNEL[: step + 1]) for visit in visits)
                for step in range(len(FUNNEL))
            ],
        }


def _visits(acts: list[tuple[int, str]]) -> list[set[str]]:
    """The event types of each visit of a session id. `acts` is sorted by time."""
    visits = [{acts[0][1]}]
    for (before, _), (at, kind) in pairwise(acts):
        if at - before > INACTIVITY_MS:
            visits.append(set())
        visits[-1].add(kind)
    return visits


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The funnel, sessions, pixels and measurements from the API."""
    of_store = {"store_id": store}
    steps = read("/api/analytics/funnel", of_store)["data"]
    yield "funnel", [step["sessions"] for step in steps]
    yield "sessions", _count_sessions(read, of_store)
    pixels = read("/api/analytics/pixels", of_store)
    yield "pixels", {name: pixels[name] for name in ("google", "meta")}
    yield from read_measured(read, store, "activity")


def _count_sessions(read: Read, of_store: dict[str, Any]) -> int:
    count, cursor = 0, None
    while True:
        page = read("/api/analytics/sessions", of_store | {"limit": _MOST} | (cursor or {}))
        count += len(page["data"])
        if page["next_cursor"] is None:
            return count
        cursor = {"cursor": page["next_cursor"]}


MISTAKES = (
    Mistake("activity", "session_id", ...),
    Mistake("activity", "session_id", "has space"),
    Mistake("activity", "session_id", 7),
    Mistake("activity", "store_id", "shop-1"),
    Mistake("activity", "activity_type", "page-view"),
    Mistake("activity", "activity_type", ...),
    Mistake("activity", "page_url", "javascript:alert(1)"),
    Mistake("activity", "page_url", "https://x.example/" + "a" * 2_100),
    Mistake("activity", "quantity", -1),
    Mistake("activity", "quantity", 1.5),
    Mistake("activity", "quantity", True),
    Mistake("activity", "quantity", 2**31),
    Mistake("activity", "value", "a lot"),
    Mistake("activity", "value", 10**12),
    Mistake("activity", "value", "1.23456"),
    Mistake("activity", "currency", "ZZZ"),
    Mistake("activity", "event_id", "not-a-uuid"),
    Mistake("activity", "timestamp", "yesterday"),
    Mistake("activity", "timestamp", "2001-01-01T00:00:00Z"),
    Mistake("activity", "timestamp", "2199-01-01T00:00:00Z"),
    Mistake("activity", "metadata", _MANY_KEYS),
    Mistake("activity", "metadata", _DEEP),
    Mistake("activity", "visitor_id", "nul\0nul"),
    Mistake("activity", "consent", {"analytics": "maybe"}),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"product_name": "Another product altogether"},
    figures=ActivityFigures,
    told=read_told,
    may_move=True,
    story=visit_by_segment,
    share=4,
    needs_secret=True,
    orders={"purchase": "paid"},
)
