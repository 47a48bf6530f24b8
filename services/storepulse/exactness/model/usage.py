"""Tables of usage. Whether a month was closed is not known here and not part of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from storepulse.exactness.model.events import Event, Tables, day_of, grouped, hour_of, moment


def usage_tables(events: list[Event]) -> Tables:
    def figures(found: list[Event]) -> tuple[Any, ...]:
        quantities = [Decimal(e["quantity"]) for e in found]
        last = max(found, key=lambda e: (e["occurred_at"], e["event_id"]))
        return (
            len(found), sum(quantities), max(quantities), Decimal(last["quantity"]),
            moment(last["occurred_at"]), last["event_id"],
        )  # fmt: skip

    hourly = grouped(events, lambda e: (e["store_id"], e["meter"], hour_of(e), day_of(e)))
    monthly = grouped(events, lambda e: (e["store_id"], _month_of(e), e["meter"]))
    return {
        "usage_events": {
            (e["store_id"], e["event_id"]): (
                moment(e["occurred_at"]), e["meter"], Decimal(e["quantity"]), _month_of(e),
            )
            for e in events
        },
        "usage_hourly": {key: figures(found) for key, found in hourly.items()},
        "usage_current": {key: figures(found) for key, found in monthly.items()},
    }  # fmt: skip


def _month_of(event: Event) -> date:
    return day_of(event).replace(day=1)
