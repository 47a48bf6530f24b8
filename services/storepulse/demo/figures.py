"""What each store's figures must be after a run: counted by the demo from what was accepted.

Robots are left out, as they are in answers. What a click is worth (rage, dead) is known where it is
made. The figures are those of the run alone: the stores had no events before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

INACTIVITY_MS = 30 * 60_000
FUNNEL = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")
#: Parts of a page of which the figures say how many views reached them, in percent.
REACHES = range(0, 101, 5)
TakeEvents = Callable[[list[dict[str, Any]]], None]

_PURCHASES = ("purchase", "Purchase")


@dataclass
class StoreFigures:
    """One store. `acts`: time and type of each activity event, by session id."""

    acts: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    #: Orders by their number: amount and currency.
    orders: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    unnumbered: int = 0
    revenue: Counter[str] = field(default_factory=Counter)
    pointer: Counter[str] = field(default_factory=Counter)
    #: How far each view was scrolled, in percent.
    views: dict[str, int] = field(default_factory=dict)
    carts: int = 0

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event of a person, as it is stored."""
        stream = event["stream"]
        if stream == "activity":
            act = event["occurred_at"], event["activity_type"]
            self.acts[event["session_id"]].append(act)
        if stream == "heatmap":
            self._count_pointer(event)
        self.carts += stream == "cart"
        if event.get("activity_type", event.get("event_type")) in _PURCHASES:
            self._count_purchase(event)

    def _count_purchase(self, event: dict[str, Any]) -> None:
        number = event["order_id"]
        if number is None:
            self.unnumbered += 1
        elif number in self.orders:
            return
        else:
            self.orders[number] = event["value"], event["currency"]
        if event["value"] is not None:
            self.revenue[event["currency"] or ""] += Decimal(event["value"])  # type: ignore[assignment]

    def _count_pointer(self, event: dict[str, Any]) -> None:
        if event["kind"] == "scroll":
            view = event["view_id"]
            self.views[view] = max(self.views.get(view, 0), event["scroll_depth"])
            return
        self.pointer[f"{event['kind']}s"] += 1
        self.pointer["rage_clicks"] += event["is_rage"]
        self.pointer["dead_clicks"] += event["is_dead"]

    def document(self) -> dict[str, Any]:
        """The figures as the manifest holds them; money as text."""
        visits = [visit for acts in self.acts.values() for visit in _visits(sorted(acts))]
        names = ("clicks", "hovers", "rage_clicks", "dead_clicks")
        return {
            "sessions": len(visits),
            "funnel": [
                sum(visit.issuperset(FUNNEL[: step + 1]) for visit in visits)
                for step in range(len(FUNNEL))
            ],
            "orders": len(self.orders),
            "purchases": len(self.orders) + self.unnumbered,
            "revenue": {code: str(total) for code, total in sorted(self.revenue.items())},
            "carts": self.carts,
            **{name: self.pointer[name] for name in names},
            "scroll_reach": [
                sum(furthest >= percent for furthest in self.views.values()) for percent in REACHES
            ],
        }


@dataclass
class RunFigures:
    """All stores of a run."""

    stores: dict[str, StoreFigures] = field(default_factory=lambda: defaultdict(StoreFigures))

    def count_also(self, take: TakeEvents) -> TakeEvents:
        """`take`, counting what it is given."""

        def take_and_count(events: list[dict[str, Any]]) -> None:
            take(events)
            self.count(events)

        return take_and_count

    def enter(self, stores: dict[str, dict[str, Any]]) -> None:
        """Adds each store's figures to what the manifest says of it."""
        for store, figures in self.stores.items():
            stores[store]["figures"] = figures.document()

    def count(self, events: Iterable[dict[str, Any]]) -> None:
        """Adds accepted events, each once."""
        for event in events:
            if not event["is_bot"]:
                self.stores[event["store_id"]].count(event)


def _visits(acts: list[tuple[int, str]]) -> list[set[str]]:
    """The types of each visit of a session id, whose acts are in order of time."""
    visits = [{acts[0][1]}]
    for (before, _), (at, kind) in pairwise(acts):
        if at - before > INACTIVITY_MS:
            visits.append(set())
        visits[-1].add(kind)
    return visits
