"""Events that a destination finally refused, as dead letters in PostgreSQL and Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from storepulse import __version__
from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.event_headers import bytes_on_wire
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.connections import Connection
from storepulse.slices.publisher import SlicePublisher

_SQL = {name: text.encode() for name, text in named_sql("delivery/outcomes").items()}
_DELIVERY_FAILED = named_sql("dead_letters/dead_letters")["delivery_failed"].encode()

MESSAGE_LENGTH = 1_000
#: With its headers a record must stay below what producer and topics take; larger ones are kept in
#: PostgreSQL alone.
LARGEST_RECORD_BYTES = 900_000
#: Kafka chooses by the key.
_ANY_PARTITION = -1

Headers = list[tuple[str, bytes]]


class Undelivered:
    """Writes dead letters of deliveries. One transaction at a time."""

    def __init__(self, publisher: SlicePublisher, topic: str, group: str, max_replays: int) -> None:
        self._publisher = publisher
        self._topic = topic
        self._group = group
        self._max_replays = max_replays

    async def write(
        self, connection: Connection, ended: Sequence[EndedAttempt], now: datetime
    ) -> dict[tuple[str, str], Any]:
        """Makes the letters of events that fail; their ids by (batch id, event id).

        The records are on their way to Kafka afterwards: `wait` before the commit.
        """
        failing = {
            (e.claim.batch_id, event_id): (e, reason)
            for e in ended
            for event_id, reason in e.settlement.failed.items()
        }
        if not failing:
            return {}
        cursor = connection.cursor(row_factory=dict_row)
        batches, events = map(list, zip(*failing, strict=True))
        await cursor.execute(
            _SQL["failing"], {"batch_ids": batches, "event_ids": events}, binary=True
        )
        letters: dict[tuple[str, str], Any] = {}
        records = []
        for row in await cursor.fetchall():
            at = (row["batch_id"], row["event_id"])
            e, reason = failing[at]
            letters[at], replays = await self._letter(connection, row, e, reason, now)
            headers = [*_own_headers(row), *self._why(row, e, reason, replays)]
            if _size(row, headers) <= LARGEST_RECORD_BYTES:
                records.append((row["key"], row["value"], headers))
        reach("delivery.before_dlq")
        await asyncio.to_thread(self._publisher.publish, self._topic, _ANY_PARTITION, records)
        return letters

    async def wait(self) -> None:
        """Returns once the broker has the records. Raises Transient where it does not take them."""
        await asyncio.to_thread(self._publisher.wait)
        reach("delivery.after_dlq")

    async def _letter(
        self,
        connection: Connection,
        row: Mapping[str, Any],
        e: EndedAttempt,
        reason: str,
        now: datetime,
    ) -> tuple[Any, int]:
        """Id of the event's letter, and how often it was replayed."""
        parameters = {
            **row,
            "topic": row["source_topic"],
            "topic_id": row["source_topic_id"],
            "partition": row["source_partition"],
            "offset": row["source_offset"],
            "reason": reason,
            "message": e.error[:MESSAGE_LENGTH],
            "code_version": __version__,
            "max_replays": self._max_replays,
            "now": now,
        }
        cursor = await connection.execute(_DELIVERY_FAILED, parameters)
        (letter,) = await cursor.fetchall()
        cursor = await connection.execute(_SQL["replays"], {"ids": [letter[0]]})
        ((_, replays),) = await cursor.fetchall()
        return letter[0], replays

    def _why(self, row: Mapping[str, Any], e: EndedAttempt, reason: str, replays: int) -> Headers:
        why = {
            "__dlq.errors.topic": row["source_topic"],
            "__dlq.errors.partition": str(row["source_partition"]),
            "__dlq.errors.offset": str(row["source_offset"]),
            "__dlq.errors.group": self._group,
            "__dlq.errors.delivery.count": str(e.settlement.attempts),
            "__dlq.errors.message": e.error[:MESSAGE_LENGTH] or reason,
            "x-storepulse-stage": "delivery",
            "x-storepulse-reason": reason,
            "x-storepulse-field": "",
            "x-storepulse-event-id": row["event_id"],
            "x-storepulse-code-version": __version__,
            "x-storepulse-replays": str(replays),
            "x-storepulse-destination": e.destination.name,
        }
        return [(name, value.encode()) for name, value in why.items()]


def _own_headers(row: Mapping[str, Any]) -> Headers:
    return [
        (name, value)
        for name, value in zip(row["header_names"], row["header_values"], strict=True)
        if not name.startswith(("__dlq.errors.", "x-storepulse-"))
    ]


def _size(row: Mapping[str, Any], headers: Headers) -> int:
    own = len(row["key"] or b"") + len(row["value"])
    return own + bytes_on_wire(headers)
