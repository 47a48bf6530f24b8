"""Writes events whose delivery failed for good as dead letters in PostgreSQL and Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.kafka_copy import copy_of_delivery, may_be_copied
from storepulse.dead_letters.letter import NewLetter
from storepulse.dead_letters.outcomes import fail_delivery
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.connections import Connection
from storepulse.slices.publisher import SlicePublisher

_SQL = named_sql("delivery/outcomes")

#: The producer chooses the partition by the key.
_ANY_PARTITION = -1


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
        """Writes the letters of failed events and returns their ids by (batch id, event id).

        Kafka may not have acknowledged the copies yet: call `wait` before the commit.
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
        letter_ids: dict[tuple[str, str], Any] = {}
        copies = []
        for row in await cursor.fetchall():
            key = (row["batch_id"], row["event_id"])
            e, reason = failing[key]
            letter = _letter_of(row, e, reason)
            letter_ids[key], replays = await fail_delivery(
                connection, letter, row["dead_letter_id"], self._max_replays, now
            )
            if may_be_copied(letter):
                copies.append(
                    copy_of_delivery(
                        letter,
                        self._group,
                        attempts=e.settlement.attempts,
                        replays=replays,
                        destination=e.destination.name,
                    )
                )
        reach("delivery.before_dlq")
        await asyncio.to_thread(self._publisher.publish, self._topic, _ANY_PARTITION, copies)
        return letter_ids

    async def wait(self) -> None:
        """Waits until the broker has the records. Raises Transient if it does not take them."""
        await asyncio.to_thread(self._publisher.wait)
        reach("delivery.after_dlq")


def _letter_of(row: Mapping[str, Any], e: EndedAttempt, reason: str) -> NewLetter:
    return NewLetter(
        stream=row["stream"],
        stage="delivery",
        reason=reason,
        message=e.error,
        topic=row["source_topic"],
        topic_id=row["source_topic_id"],
        partition=row["source_partition"],
        offset=row["source_offset"],
        store_id=row["store_id"],
        event_id=row["event_id"],
        destination_id=row["destination_id"],
        received_at=row["received_at"],
        key=row["key"],
        value=row["value"],
        headers=list(zip(row["header_names"], row["header_values"], strict=True)),
    )
