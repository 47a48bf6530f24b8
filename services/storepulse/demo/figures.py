"""The expected figures of each store after a run, counted from the accepted events.

Robots are left out, as in the API's figures. Rage and dead clicks are known when they are made. The
figures are those of the run only: the stores must have had no events before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args

import msgspec

from storepulse.demo.part import OrderStatus, StreamFigures
from storepulse.demo.parts import PARTS

TakeEvents = Callable[[list[dict[str, Any]]], None]


_FOLLOWING = get_args(OrderStatus)
#: Statuses of orders that count and have revenue.
_EARNED = ("paid", "refunded")


def _of_streams() -> dict[str, StreamFigures]:
    return {name: part.figures() for name, part in PARTS.items() if part.figures is not None}


@dataclass
class OrderFigures:
    """The state of one order after its events; amounts as decimal text."""

    status: OrderStatus = "created"
    value: str | None = None
    currency: str | None = None
    refunded: Decimal = Decimal(0)

    is_servers: bool = False

    def take(self, status: OrderStatus, event: dict[str, Any]) -> None:
        """Adds an event of the order. A server's amount takes precedence over a page's; otherwise
        all events with an amount have the same one. An order has one refund at most."""
        is_servers = event["source"] == "server"
        self.status = max(self.status, status, key=_FOLLOWING.index)
        if event["value"] is not None and is_servers >= self.is_servers:
            self.value, self.currency = event["value"], event["currency"]
            self.is_servers = is_servers
        back = event.get("refunded") or event.get("refund_value") or 0
        self.refunded = max(self.refunded, Decimal(back))


@dataclass
class StoreFigures:
    """The figures of one store: those of single streams, and orders, which span streams."""

    streams: dict[str, StreamFigures] = field(default_factory=_of_streams)
    #: Events of orders, by the number or name that they state.
    tellings: dict[str, list[tuple[OrderStatus, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: Number of each order by its name.
    names: dict[str, str] = field(default_factory=dict)
    #: Purchases without an order number.
    unnumbered: list[OrderFigures] = field(default_factory=list)
    #: Called pixels, by order number.
    pixels: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event of a person, as it is stored."""
        of_stream = self.streams.get(event["stream"])
        if of_stream is not None:
            of_stream.count(event)
        kind = str(event.get("activity_type", event.get("event_type")))
        if kind == "custom" and event.get("name") == "pixels_called":
            said = msgspec.json.decode(event["metadata"])
            self.pixels[said["order_id"]].update(said["pixels"])
        status = PARTS[event["stream"]].orders.get(kind)
        if status is None:
            return
        if event["order_id"] is not None:
            self.tellings[event["order_id"]].append((status, event))
            if event.get("order_name") is not None:
                self.names[event["order_name"]] = event["order_id"]
        elif status == "paid":
            self.unnumbered.append(OrderFigures())
            self.unnumbered[-1].take(status, event)

    def _orders(self) -> dict[str, OrderFigures]:
        orders: dict[str, OrderFigures] = defaultdict(OrderFigures)
        for number, tellings in self.tellings.items():
            for telling in tellings:
                orders[self.names.get(number, number)].take(*telling)
        return orders

    def _count_called(self, pixel: str) -> int:
        """The number of orders that count and for which a pixel was called."""
        numbers = {self.names.get(n, n) for n, pixels in self.pixels.items() if pixel in pixels}
        orders = self._orders()
        return sum(orders[n].status in _EARNED for n in numbers if n in orders)

    def document(self) -> dict[str, Any]:
        """The figures for the manifest; money as text. Orders are those that were paid; revenue is
        net of refunds."""
        result: dict[str, Any] = {}
        for of_stream in self.streams.values():
            result |= of_stream.document()
        orders = [order for order in self._orders().values() if order.status in _EARNED]
        revenue: dict[str, Decimal] = defaultdict(Decimal)
        for sale in (*orders, *self.unnumbered):
            if sale.value is not None:
                revenue[sale.currency or ""] += Decimal(sale.value) - sale.refunded
        return result | {
            "orders": len(orders),
            "purchases": len(orders) + len(self.unnumbered),
            "pixels": {pixel: self._count_called(pixel) for pixel in ("google", "meta")},
            "revenue": {code: str(total) for code, total in sorted(revenue.items())},
        }


@dataclass
class RunFigures:
    """All stores of a run."""

    stores: dict[str, StoreFigures] = field(default_factory=lambda: defaultdict(StoreFigures))

    def count_also(self, take: TakeEvents) -> TakeEvents:
        """A function that calls `take` and counts the same events."""

        def take_and_count(events: list[dict[str, Any]]) -> None:
            take(events)
            self.count(events)

        return take_and_count

    def enter(self, stores: dict[str, dict[str, Any]]) -> None:
        """Adds each store's figures to its entry in the manifest."""
        for store, figures in self.stores.items():
            stores[store]["figures"] = figures.document()

    def count(self, events: Iterable[dict[str, Any]]) -> None:
        """Adds accepted events, each once."""
        for event in events:
            if not event["is_bot"]:
                self.stores[event["store_id"]].count(event)
