"""Events that are purchases of orders, as vendors count them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storepulse.destinations.rules.model import Event


class Order(NamedTuple):
    """One store's order at one destination."""

    destination_id: str
    store_id: str
    order_id: str


class Holder(NamedTuple):
    """The delivery that carries an order's purchase."""

    event_id: str
    received_at: datetime
    stream: str


@dataclass(frozen=True, slots=True)
class Purchase:
    """An event of a batch that is an order's purchase."""

    order: Order
    holder: Holder


def purchases_of(
    destination_id: str, orders: Mapping[str, str], events: Sequence[Event]
) -> dict[str, Purchase]:
    """The purchases among events by event id; `orders` has the order of each."""
    return {
        event.event_id: Purchase(
            Order(destination_id, event.store_id, orders[event.event_id]),
            Holder(event.event_id, event.received_at, event.stream),
        )
        for event in events
        if event.event_id in orders
    }
