"""A backlog of millions: claims and polls read what they take, and not what waits behind it.

Two databases on one server are asked in turns, one with a small backlog and one with a large one:
what the machine does meanwhile is the same for both.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from psycopg import sql
from tests.integration.delivery.line import STORE, Line, open_line
from tests.support.ingest_records import record

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.queue import MOST_COUNTED, ClaimLimits, Queue
from storepulse.delivery.worker import new_batch_id
from storepulse.destinations.rules.model import Destination

LITTLE = 10_000
MUCH = 5_000_000
BATCH = 50
#: Batches of a claim, and claims that are measured at a time.
BATCHES = 8
CLAIMS = 10
#: Rows in front that were claimed and sent since the table was vacuumed.
SENT_IN_FRONT = 200_000
MOST_MILLISECONDS = 100.0


def fill(line: Line, destination: Destination, rows: int) -> None:
    """Pending rows of a month and of every priority, as a matcher would have made them.

    Large ones without indexes, which are made afterwards: that takes a fifth of the time.
    """
    made, now = record("activity", 1), line.clock()
    with line.world.connect() as connection:
        connection.execute("SELECT ensure_partitions(%s)", [now])
        indexes: list[tuple[Any, ...]] = []
        if rows > LITTLE:
            connection.execute("SET maintenance_work_mem = '512MB'")
            indexes = connection.execute(
                "SELECT indexname, indexdef FROM pg_indexes"
                " WHERE tablename = 'deliveries' AND indexname <> 'deliveries_pkey'"
            ).fetchall()
            for name, _ in indexes:
                connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
            connection.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey")
        connection.execute(
            "INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream,"
            " event_type, priority, created_at, key, value, source_topic, source_topic_id,"
            " source_partition, source_offset)"
            " SELECT %s, %s, gen_random_uuid(), %s::timestamptz + n * %s, 'activity', 'page_view',"
            " n %% 3, %s, %s, %s, 'events', 'id', 0, n FROM generate_series(1, %s) n",
            [
                destination.destination_id, STORE, now - timedelta(days=30),
                timedelta(days=30) / rows, now - timedelta(days=1), made.key, made.value, rows,
            ],
        )  # fmt: skip
        if indexes:
            connection.execute(
                "ALTER TABLE deliveries"
                " ADD PRIMARY KEY (destination_id, store_id, event_id, received_at)"
            )
        for _, definition in indexes:
            connection.execute(str(definition).replace(" ON ONLY ", " ON ").encode())
        connection.execute("VACUUM ANALYZE deliveries")


def send_first(line: Line, destination: Destination, rows: int) -> None:
    """The first rows are claimed and then sent, and nobody has vacuumed since."""
    with line.world.connect() as connection:
        connection.execute(
            "CREATE TEMP TABLE first AS SELECT store_id, event_id, received_at FROM deliveries"
            " WHERE destination_id = %s AND status = 'pending' AND batch_id IS NULL"
            " ORDER BY priority, sequence LIMIT %s",
            [destination.destination_id, rows],
        )
        for change in ("batch_id = gen_random_uuid()", "status = 'sent'"):
            connection.execute(
                f"UPDATE deliveries d SET {change} FROM first f WHERE d.destination_id = %s"  # type: ignore[arg-type]
                " AND d.store_id = f.store_id AND d.event_id = f.event_id"
                " AND d.received_at = f.received_at",
                [destination.destination_id],
            )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_read(line: Line, name: str, terms: dict[str, Any]) -> int:
    """How many deliveries a statement reads; prints its plan, and changes nothing."""
    statement = named_sql("delivery/queue")[name]
    with line.world.connect() as connection, connection.transaction(force_rollback=True):
        text = connection.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + statement, terms).fetchall()
        print(f"\n{name}\n" + "\n".join(str(row[0]) for row in text))
    with line.world.connect() as connection, connection.transaction(force_rollback=True):
        ((found,),) = connection.execute(
            b"EXPLAIN (ANALYZE, FORMAT JSON) " + statement, terms
        ).fetchall()
    (explained,) = found if isinstance(found, list) else json.loads(str(found))
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(explained["Plan"])
        if str(node.get("Relation Name", "")).startswith("deliveries")
    )


@dataclass
class Asker:
    """Asks the queue of one database as a delivery process does, and takes the time."""

    line: Line
    destination: Destination
    queue: Queue
    #: Milliseconds by what was asked.
    took: dict[str, list[float]] = field(default_factory=dict)

    async def ask(self) -> None:
        await self._timed("ready", lambda: self.queue.ready([self.destination], [BATCH]))
        await self._timed("claim", self._claim)
        ids = [self.destination.destination_id]
        await self._timed("backlogs", lambda: self.queue.backlogs(ids))

    async def _timed(self, name: str, asked: Callable[[], Awaitable[object]]) -> None:
        started = time.perf_counter()
        assert await asked()
        self.took.setdefault(name, []).append(1000 * (time.perf_counter() - started))

    async def _claim(self) -> object:
        claims = await self.queue.claim(self.destination, ClaimLimits(BATCH, BATCHES, 2**30))
        assert sum(len(claim.rows) for claim in claims) == BATCH * BATCHES
        return claims

    def medians(self) -> dict[str, float]:
        """Of what was asked since the last time."""
        found = {name: median(values) for name, values in self.took.items()}
        self.took.clear()
        return found

    @property
    def terms(self) -> dict[str, Any]:
        now = self.line.clock()
        return {
            "destination_id": self.destination.destination_id, "rows": BATCH * BATCHES, "now": now,
            "destination_ids": [self.destination.destination_id], "sizes": [BATCH],
            "ripe_before": [now - timedelta(seconds=5)], "owner": str(uuid.uuid4()),
            "until": now, "held": [], "taken": [], "most": BATCHES, "bytes": 2**30,
        }  # fmt: skip


@asynccontextmanager
async def asker(line: Line, rows: int) -> Any:
    destination = line.destination("crm", "http://127.0.0.1:9/", batch_events=BATCH)
    started = time.monotonic()
    fill(line, destination, rows)
    print(f"{rows:,} rows in {time.monotonic() - started:.0f} s")
    async with delivery_pool(line.world.settings, "asker") as connections:
        queue = Queue(connections, line.clock, new_batch_id, str(uuid.uuid4()), 3_600.0)
        yield Asker(line, destination, queue)


@pytest.mark.long
@pytest.mark.timeout(1_200)
async def test_millions_wait(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        few, many = [
            await stack.enter_async_context(
                asker(stack.enter_context(open_line(tmp_path / str(rows))), rows)
            )
            for rows in (LITTLE, MUCH)
        ]
        for line in (few, many):
            await line.ask()  # Connections and caches are warm now.
            line.took.clear()
        for _ in range(CLAIMS):
            await few.ask()
            await many.ask()
        little, much = few.medians(), many.medians()
        read = {
            name: rows_read(many.line, name, many.terms | more)
            for name, more in (
                ("ready", {}), ("waiting", {}), ("claim_due", {}),
                ("backlog", {"most": MOST_COUNTED}),
            )
        }  # fmt: skip
        started = time.monotonic()
        send_first(many.line, many.destination, SENT_IN_FRONT)
        print(f"\nsent in {time.monotonic() - started:.0f} s")
        for _ in range(CLAIMS):
            await few.ask()
            await many.ask()
        again, behind = few.medians(), many.medians()
        rows_read(many.line, "waiting", many.terms)
    for name in little:
        print(f"{name}: {little[name]:.1f} ms with {LITTLE:,}, {much[name]:.1f} ms with {MUCH:,}")
        print(f"  behind {SENT_IN_FRONT:,} sent ones {behind[name]:.1f} ms, then {again[name]:.1f}")
    print("rows read", read)
    assert read["waiting"] <= 2 * BATCH * BATCHES
    assert read["ready"] <= 2 * BATCH
    assert read["backlog"] <= 2 * MOST_COUNTED
    for before, after in ((little, much), (again, behind)):
        for name in ("claim", "ready"):
            assert after[name] <= 3 * before[name]
        # Of 20 s that a statement may take.
        assert max(after.values()) <= MOST_MILLISECONDS
