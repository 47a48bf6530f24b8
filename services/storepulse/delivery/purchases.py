"""Events that vendors count as the purchase of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storepulse.destinations.rules.model import Event
from storepulse.streams.order_numbers import bare_number


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
    """An event of a batch that is an order's purchase. `orders` has every number that it states.

    If another event turns out to carry the purchase, `orders` has only the number of that claim.
    """

    orders: tuple[Order, ...]
    holder: Holder


def purchases_of(
    destination_id: str, orders: Mapping[str, str], events: Sequence[Event]
) -> dict[str, Purchase]:
    """The purchases among `events`, by event id. `orders` maps event ids to order numbers."""
    return {
        event.event_id: Purchase(
            tuple(
                Order(destination_id, event.store_id, number)
                for number in _numbers_of(orders[event.event_id], event)
            ),
            Holder(event.event_id, event.received_at, event.stream),
        )
        for event in events
        if event.event_id in orders
    }


def _numbers_of(order: str, event: Event) -> list[str]:
    """The order's number as stated, its bare number, and the bare order name if there is one."""
    name: str | None = event.value.get("order_name")
    return sorted({order, bare_number(order), *([bare_number(name)] if name else [])})
