"""Purchase claims: each destination gets an order's purchase from exactly one event.

The first event that claims an order carries its purchase; the claim is committed before the
request, and the other events are skipped. An event that states several numbers of its order claims
all of them or none. A sent delivery keeps its claim. If the delivery ends unsent, the same
transaction gives the claim up and queues the events that were skipped for it again. A process may
be killed at any point: a retry finds the same claim.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.connections import Connection
from storepulse.delivery.purchases import Holder, Order, Purchase
from storepulse.destinations.rules.settlement import BatchPart
from storepulse.domain.errors import Transient

_SQL = named_sql("delivery/purchase_claims")
PAUSE_SECONDS = 0.5
log = logger()


class PurchaseClaims:
    """Claims purchases before they are sent."""

    def __init__(self, connections: Pool, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def claim(self, purchases: Sequence[Purchase]) -> dict[Order, Holder]:
        """Claims the unclaimed orders among these of one destination, and returns all holders.

        Retries transient faults without limit: the caller sets a time-out.
        """
        # A stable sort: of several events of one order, the first in the batch gets the claim.
        wanted = sorted(
            ((order, purchase.holder) for purchase in purchases for order in purchase.orders),
            key=lambda pair: pair[0],
        )
        while True:
            try:
                return await self._claim(purchases, wanted)
            except Transient as error:
                log.warning("purchases wait for a fault to pass", reason=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _claim(
        self, purchases: Sequence[Purchase], wanted: Sequence[tuple[Order, Holder]]
    ) -> dict[Order, Holder]:
        destination_id = wanted[0][0].destination_id
        terms: dict[str, Any] = {
            **_columns([order for order, _ in wanted]),
            "destination_id": destination_id,
            "event_ids": [holder.event_id for _, holder in wanted],
            "received": [holder.received_at for _, holder in wanted],
            "streams": [holder.stream for _, holder in wanted],
            "now": self._clock(),
        }
        async with self._connections.transaction() as connection:
            await connection.execute(_SQL["claim"], terms)
            cursor = await connection.execute(_SQL["holders"], terms)
            rows = await cursor.fetchall()
            holders = {Order(destination_id, *row[:2]): Holder(*row[2:]) for row in rows}
            if in_part := _held_in_part(purchases, holders):
                await connection.execute(_SQL["give_up"], _columns(in_part))
            reach("delivery.before_purchase_commit")
        reach("delivery.after_purchase_commit")
        return holders


def _held_in_part(purchases: Sequence[Purchase], holders: Mapping[Order, Holder]) -> list[Order]:
    """The orders held by a purchase that another event carries under another number."""
    return sorted(
        order
        for purchase in purchases
        if held_by_another(purchase, holders) is not None
        for order in purchase.orders
        if holders.get(order) == purchase.holder
    )


def held_by_another(purchase: Purchase, holders: Mapping[Order, Holder]) -> Order | None:
    """The number under which another event carries the purchase, or None."""
    return next((o for o in purchase.orders if holders.get(o) != purchase.holder), None)


async def settle_purchases(
    connection: Connection, ended: Sequence[EndedAttempt]
) -> list[EndedAttempt]:
    """Gives up the claims of deliveries that end unsent. Returns the updated attempts.

    A repeat, left out because of another event's claim, is queued again if that claim is gone.
    """
    if not any(e.purchases for e in ended):
        return list(ended)
    concerned = {
        order
        for e in ended
        for event_id in (*e.settlement.failed, *e.settlement.left_out)
        if event_id in e.purchases
        for order in e.purchases[event_id].orders
    }
    if not concerned:
        return list(ended)
    cursor = await connection.execute(_SQL["lock_holders"], _columns(sorted(concerned)))
    holders = {Order(*row[:3]): Holder(*row[3:]) for row in await cursor.fetchall()}
    unsent = {
        e.purchases[event_id]
        for e in ended
        for event_id in (*e.settlement.failed, *e.settlement.left_out)
        if event_id in e.purchases and event_id not in e.repeats
    }
    given_up = sorted({o for p in unsent for o in p.orders if holders.get(o) == p.holder})
    if given_up:
        columns = _columns(given_up)
        await connection.execute(_SQL["give_up"], columns)
        await connection.execute(_SQL["queue_skipped"], columns)
    claimed = holders.keys() - set(given_up)
    return [_settled_again(e, claimed) for e in ended]


def _settled_again(e: EndedAttempt, claimed: set[Order]) -> EndedAttempt:
    """The attempt, with the repeats whose orders are unclaimed queued again."""
    waiting = [
        event_id
        for event_id in e.settlement.left_out
        if event_id in e.repeats and claimed.isdisjoint(e.purchases[event_id].orders)
    ]
    if not waiting:
        return e
    left_out = {i: why for i, why in e.settlement.left_out.items() if i not in waiting}
    parts = [*e.settlement.parts, BatchPart(None, waiting)]
    return replace(e, settlement=replace(e.settlement, left_out=left_out, parts=parts))


def _columns(orders: Sequence[Order]) -> dict[str, list[str]]:
    # Lists, not array text: order numbers are foreign input and would need quoting.
    return {
        "destination_ids": [order.destination_id for order in orders],
        "store_ids": [order.store_id for order in orders],
        "order_ids": [order.order_id for order in orders],
    }
