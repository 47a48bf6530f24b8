"""Tables of experiment events."""

from __future__ import annotations

from storepulse.exactness.model.events import Event, Tables, amount, grouped, hour_of, moment


def experiment_event_tables(events: list[Event]) -> Tables:
    hourly = grouped(events, lambda e: (e["store_id"], hour_of(e), e["event_type"], e["is_bot"]))
    return {
        "experiment_events": {
            (e["store_id"], e["event_id"]): (
                e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["event_type"],
                e["test_id"], e["phase"], e["variant_id"], e["metric"], amount(e), e["currency"],
                e["order_id"], e["is_bot"],
            )
            for e in events
        },
        "experiment_hourly": {key: (len(found),) for key, found in hourly.items()},
    }  # fmt: skip
