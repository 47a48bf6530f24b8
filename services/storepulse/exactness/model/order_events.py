"""Tables of order events from shops."""

from __future__ import annotations

from decimal import Decimal

from storepulse.exactness.model.events import Event, Tables, amount, grouped, hour_of, moment
from storepulse.exactness.model.orders import number_in


def order_event_tables(events: list[Event]) -> Tables:
    hourly = grouped(events, lambda e: (e["store_id"], hour_of(e), e["event_type"], e["is_bot"]))
    return {
        "order_events": {
            (e["store_id"], e["event_id"]): (
                e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["event_type"],
                e["order_id"], number_in(e, "order_name"),
                None if e["ordered_at"] is None else moment(e["ordered_at"]), amount(e),
                e["currency"], _amount(e["refunded"]), e["refund_id"], _amount(e["refund_value"]),
                e["customer_id"], e["is_bot"],
            )
            for e in events
        },
        "order_hourly": {key: (len(found),) for key, found in hourly.items()},
    }  # fmt: skip


def _amount(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
