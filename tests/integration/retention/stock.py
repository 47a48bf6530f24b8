"""Old and new rows of deliveries and dead letters, and runs over them in this process.

Times are days before `NOW`, at which every run takes place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from tests.support.dead_letters import add_letter
from tests.support.world import World

from storepulse.retention import runs as retention
from storepulse.retention.runs import RetentionTally
from storepulse.retention.settings_limits import limits_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TABLES = (
    "dead_letters", "dead_letter_actions", "dead_letters_removed", "deliveries",
    "deliveries_removed", "delivery_batches", "delivery_attempts", "purchase_claims",
)  # fmt: skip


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@dataclass
class Stock:
    """Rows in one world's database. Deliveries are told apart by their offset."""

    world: World
    db: psycopg.Connection[Any]
    crm: UUID

    def begin(self) -> None:
        """Empties the tables and makes the months that the tests use."""
        self.db.execute(f"TRUNCATE {', '.join(TABLES)}".encode())
        for days in (0, 120):
            self.db.execute("SELECT ensure_partitions(%s)", [ago(days)])

    def insert(self, table: str, **row: Any) -> None:
        self.db.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            list(row.values()),
        )

    def deliver(
        self, n: int, received: float, finished: float | None = None, status: str = "", **more: Any
    ) -> None:
        """A delivery of an event received and finished so many days ago; pending where it is not
        finished."""
        row = {
            "destination_id": self.crm, "store_id": uuid4(), "event_id": uuid4(),
            "received_at": ago(received), "stream": "cart", "event_type": "cart_add",
            "priority": 1, "status": status or ("pending" if finished is None else "sent"),
            "created_at": ago(received), "value": b"v", "source_topic": "t",
            "finished_at": None if finished is None else ago(finished),
            "source_topic_id": "i", "source_partition": 0, "source_offset": n,
        }  # fmt: skip
        self.insert("deliveries", **row | more)

    def deliver_many(self, count: int, received: float) -> None:
        """So many deliveries that were sent when they were received, a second apart."""
        self.db.execute(
            "INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream,"
            " event_type, priority, status, created_at, finished_at, value, source_topic,"
            " source_topic_id, source_partition, source_offset)"
            " SELECT %(crm)s, gen_random_uuid(), gen_random_uuid(), at, 'cart', 'cart_add', 1,"
            " 'sent', at, at, 'v', 't', 'i', 0, n"
            " FROM (SELECT n, %(at)s::timestamptz + n * interval '1 second' AS at"
            "         FROM generate_series(1, %(count)s) AS n) AS made",
            {"crm": self.crm, "at": ago(received), "count": count},
        )

    def batch(self, batch_id: UUID, days: float, status: str = "done", **more: Any) -> None:
        """A request of that time, with one attempt."""
        row = {
            "batch_id": batch_id, "destination_id": self.crm, "events": 1, "attempts": 1,
            "status": status, "due_at": ago(days), "created_at": ago(days),
        }  # fmt: skip
        self.insert("delivery_batches", **row | more)
        self.insert(
            "delivery_attempts", batch_id=batch_id, attempt=1, attempted_at=ago(days),
            seconds=0.5, outcome="delivered",
        )  # fmt: skip

    def letter(self, created: float, updated: float, status: str, **columns: Any) -> UUID:
        return add_letter(
            self.db, created_at=ago(created), updated_at=ago(updated), status=status, **columns
        )

    # ---- runs ----

    def run(self, deliveries: int = 90, dead_letters: int = 90, **given: Any) -> RetentionTally:
        """A run through a connection of its own."""
        return self._with(deliveries, dead_letters, lambda run: run.run(), **given)

    def count(self, deliveries: int = 90, dead_letters: int = 90) -> RetentionTally:
        """A dry run."""
        return self._with(deliveries, dead_letters, lambda run: run.count())

    def _with(
        self,
        deliveries: int,
        dead_letters: int,
        act: Callable[[retention.Run], RetentionTally],
        **given: Any,
    ) -> RetentionTally:
        settings = self.world.settings_of("delivery").model_copy(
            update={"deliveries_keep_days": deliveries, "dead_letters_keep_days": dead_letters}
        )
        with retention.open_connection(settings) as connection:
            return act(retention.Run(connection, limits_of(settings, NOW), **given))

    # ---- what there is ----

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return list(self.db.execute(query.encode(), parameters or None).fetchall())

    def deliveries(self) -> list[int]:
        """Their offsets."""
        return [n for (n,) in self.rows("SELECT source_offset FROM deliveries ORDER BY 1")]

    def letters(self) -> set[UUID]:
        return {letter for (letter,) in self.rows("SELECT dead_letter_id FROM dead_letters")}

    def batches(self) -> set[UUID]:
        return {batch for (batch,) in self.rows("SELECT batch_id FROM delivery_batches")}

    def partitions(self, parent: str) -> Sequence[str]:
        rows = self.rows(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
            " ORDER BY 1",
            parent,
        )
        return [name.removeprefix(parent) for (name,) in rows]
