"""A trial: one example event, sent to a destination at once, without queue, retries and breaker.

Its session is `storepulse-trial` and its event id is new, which distinguishes it from real events.
Nothing about it is stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from storepulse.adapters.settings import Settings
from storepulse.contracts.examples import ExampleRecord, native_of, read_examples
from storepulse.contracts.schemas import schema_of
from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import kinds_of
from storepulse.destinations.kinds.selection import select
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination, Event
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE, EventTypes

SESSION = "storepulse-trial"


async def send_trial(
    destination: Destination, event_id: UUID, now: datetime, settings: Settings
) -> tuple[Event, DeliveryOutcome]:
    """Sends a trial event. Returns the event and the outcome."""
    event = trial_event(destination, event_id, now)
    kind = kinds_of(settings.home)[destination.kind]
    events, omissions = select(kind, destination, [event], now)
    if not events:
        return event, DeliveryOutcome("delivered", omissions=omissions)
    batch = DeliveryBatch(str(event_id), 1, events)
    async with SafeClient(settings.delivery_reach) as client:
        outcome = await kind.send(destination, batch, client, now)
    return event, outcome


def trial_event(destination: Destination, event_id: UUID, now: datetime) -> Event:
    """An example event that the destination takes, as if received at `now` (UTC)."""
    stream, name, record = _example(destination)
    store_id = destination.store_id or str(record["store_id"])
    value: dict[str, Any] = {
        **record,
        "event_id": str(event_id),
        "store_id": store_id,
        "session_id": SESSION,
        "correlation_id": f"trial-{event_id.hex[:16]}",
        "occurred_at": now,
        "received_at": now,
        "consent_analytics": "granted",
        "consent_marketing": "granted",
        "is_bot": False,
        "bot_reason": None,
    }
    return Event(str(event_id), store_id, stream, name, now, value)


def _example(destination: Destination) -> tuple[str, str, ExampleRecord]:
    """Stream, type and record of the first example that the destination takes, else the first."""
    offered = [name for name, stream in STREAMS.items() if stream.offered_in_trials]
    streams = [s for s in offered if s in destination.streams or not destination.streams]
    found = [
        (
            stream,
            _type(STREAMS[stream].types, example.record),
            native_of(schema_of(stream), example.record),
        )
        for stream in streams or sorted(destination.streams)
        for example in read_examples(stream, "valid")
        if not example.record["is_bot"]
    ]
    return next((entry for entry in found if entry[1] in destination.types), found[0])


def _type(types: EventTypes, record: ExampleRecord) -> str:
    if types.column is None:
        meter = str(record.get("meter"))
        return meter if meter in types.derived else types.names[0]
    name = record[types.column]
    if record.get("name") in types.derived and record["source"] == "server":
        return str(record["name"])
    return str(record[types.own_column] if types.own_column and name == OWN_TYPE else name)
