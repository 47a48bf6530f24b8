"""What each store's figures must be after a run: counted by the demo from what was accepted.

Robots are left out, as they are in answers. What a click is worth (rage, dead) is known where it is
made. The figures are those of the run alone: the stores had no events before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from storepulse.demo.part import Figures
from storepulse.demo.parts import PARTS

TakeEvents = Callable[[list[dict[str, Any]]], None]

_PURCHASES = ("purchase", "Purchase")


def _of_streams() -> dict[str, Figures]:
    return {name: part.figures() for name, part in PARTS.items() if part.figures is not None}


@dataclass
class StoreFigures:
    """One store: figures of single streams, and orders, of which several streams tell."""

    streams: dict[str, Figures] = field(default_factory=_of_streams)
    #: Orders by their number: amount and currency.
    orders: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    unnumbered: int = 0
    revenue: Counter[str] = field(default_factory=Counter)

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event of a person, as it is stored."""
        of_stream = self.streams.get(event["stream"])
        if of_stream is not None:
            of_stream.count(event)
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

    def document(self) -> dict[str, Any]:
        """The figures as the manifest holds them; money as text."""
        result: dict[str, Any] = {}
        for of_stream in self.streams.values():
            result |= of_stream.document()
        return result | {
            "orders": len(self.orders),
            "purchases": len(self.orders) + self.unnumbered,
            "revenue": {code: str(total) for code, total in sorted(self.revenue.items())},
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
