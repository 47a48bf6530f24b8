"""Events that are purchases of orders, as vendors count them."""

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
    """An event of a batch that is an order's purchase, by all numbers of the order that it states.

    Once another event is found to carry the purchase, only by the number under which it does.
    """

    orders: tuple[Order, ...]
    holder: Holder


def purchases_of(
    destination_id: str, orders: Mapping[str, str], events: Sequence[Event]
) -> dict[str, Purchase]:
    """The purchases among events by event id; `orders` has the order of each."""
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
    """The order's number as it is stated and bare, and its bare name where the event says one."""
    name: str | None = event.value.get("order_name")
    return sorted({order, bare_number(order), *([bare_number(name)] if name else [])})
