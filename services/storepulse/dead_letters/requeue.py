"""Requeues deliveries: those of dead letters, or those that an administrator chooses.

- A delivery keeps its event's id and its place in the order.
- A delivery that arrived is not queued again, unless the caller asks for that.
- The delivery's outcome closes the letter; queueing does not.
- The queueing transaction holds the destinations' lock, so that none is removed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import jsonpatch
import psycopg
from psycopg.rows import class_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.record_json import Undecodable, decode_event
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import patched_event
from storepulse.destinations.table.changes import hold
from storepulse.domain.errors import Rejected

#: Deliveries requeued in one transaction.
GROUP_ROWS = 1_000
#: Final statuses of deliveries that did not arrive.
NOT_SENT = ("failed", "skipped")
_SQL = named_sql("dead_letters/requeue")


@dataclass(frozen=True, slots=True)
class Target:
    """The fields of a destination that queueing needs."""

    destination_id: UUID
    name: str
    status: str
    store_id: UUID | None
    ordered: bool


def read_targets(connection: psycopg.Connection[Any]) -> dict[UUID, Target]:
    """Every destination by its id."""
    with connection.cursor(row_factory=class_row(Target)) as cursor:
        targets = cursor.execute(_SQL["destinations"]).fetchall()
    return {target.destination_id: target for target in targets}


def find_target(connection: psycopg.Connection[Any], name: str) -> Target:
    """A destination by its name or id. Raises Rejected if there is none."""
    for target in read_targets(connection).values():
        if name in (target.name, str(target.destination_id)):
            return target
    raise Rejected("destination", f"there is no destination {name}")


def delivery_of(
    letter: Letter, target: Target | None, patch: jsonpatch.JsonPatch | None = None
) -> dict[str, Any]:
    """The row that queues a letter's event for a destination.

    Raises Rejected if the destination is gone, disabled or of another store, or if the letter's
    bytes do not decode.
    """
    if target is None:
        raise Rejected("destination", "its destination does not exist any more")
    if target.status == "disabled":
        raise Rejected("destination", f"{target.name} is disabled")
    key, value = (letter.key, letter.value) if patch is None else patched_event(letter, patch)
    try:
        schema, _ = decode_event(value)
    except Undecodable as error:
        raise Rejected("value", f"there is no event to deliver: {error}") from None
    assert value is not None  # noqa: S101 - else it would not have been decoded
    # Imports polars, so load it when a letter is queued, not when a service starts.
    from storepulse.dead_letters.queued_columns import queued_columns

    event = queued_columns(schema, value)
    store_id = UUID(event["store_id"])
    if target.store_id not in (None, store_id):
        raise Rejected("destination", f"{target.name} belongs to another store")
    return {
        "destination_id": target.destination_id,
        "store_id": store_id,
        "event_id": UUID(event["event_id"]),
        "received_at": event["received_at"],
        "stream": schema.stream,
        "event_type": event["event_type"],
        "priority": 1 if target.ordered else event["priority"],
        "ordering_key": event["ordering_key"] if target.ordered else None,
        "dead_letter_id": letter.dead_letter_id,
        "key": key,
        "value": value,
        "header_names": list(letter.header_names),
        "header_values": list(letter.header_values),
        "topic": letter.topic,
        "topic_id": letter.topic_id,
        "partition": letter.partition,
        "offset": letter.offset,
    }


def queue(
    connection: psycopg.Connection[Any], row: Mapping[str, Any], now: datetime
) -> Literal["queued", "waits", "sent"]:
    """Queues a row of `delivery_of`, in the caller's transaction.

    Returns `sent` if the destination has the event already, and `waits` if the event is queued
    there independently of this letter. Nothing is changed in either case.
    """
    delivery = connection.execute(_SQL["queue"], {**row, "now": now}).fetchone()
    assert delivery is not None  # noqa: S101 - an upsert that always updates
    status, dead_letter_id = delivery
    if status == "sent":
        return "sent"
    return "queued" if dead_letter_id == row["dead_letter_id"] else "waits"


def resend(
    connection: psycopg.Connection[Any],
    destination_id: UUID,
    *,
    event_ids: Sequence[UUID] | None = None,
    store_id: UUID | None = None,
    statuses: Sequence[str] = ("failed",),
    actor: str,
    now: datetime,
) -> int:
    """Requeues a destination's deliveries with one of `statuses`, in groups. Returns their number.

    `event_ids` None takes all events, `store_id` None those of every store; stores may have events
    of the same id. For `sent` deliveries the receiver gets the event again under another
    webhook-id. `skipped` deliveries are checked again when they are sent.
    """
    parameters = {
        "destination_id": destination_id,
        "event_ids": None if event_ids is None else list(event_ids),
        "store_id": store_id,
        "statuses": list(statuses),
        "actor": actor,
        "now": now,
        "count": GROUP_ROWS,
    }
    queued = 0
    while True:
        with connection.transaction():
            hold(connection)
            row = connection.execute(_SQL["resend"], parameters).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always has a row
        group: int = row[0]
        queued += group
        if group < GROUP_ROWS:
            return queued
