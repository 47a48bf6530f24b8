"""A large backlog: claims read what they take, and not what waits behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.delivery.line import STORE, Line
from tests.support.ingest_records import record

from storepulse.adapters.named_sql import named_sql

ROWS = 200_000
TAKEN = 400


def fill(line: Line, destination_id: str, rows: int) -> None:
    """Pending rows of every priority, as a matcher would have made them."""
    made = record("activity", 1)
    with line.world.connect() as connection:
        connection.execute(
            "INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream,"
            " event_type, priority, created_at, key, value, source_topic, source_topic_id,"
            " source_partition, source_offset)"
            " SELECT %s, %s, gen_random_uuid(), %s::timestamptz + n * interval '1 ms', 'activity',"
            " 'page_view', n %% 3, %s, %s, %s, 'events', 'id', 0, n FROM generate_series(1, %s) n",
            [destination_id, STORE, line.clock(), line.clock(), made.key, made.value, rows],
        )
        connection.execute("ANALYZE deliveries")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.long
async def test_a_claim_touches_what_it_takes(line: Line) -> None:
    destination = line.destination("crm", "http://127.0.0.1:9/", batch_events=50)
    fill(line, destination.destination_id, ROWS)
    now = line.clock()
    asked = {
        "destination_id": destination.destination_id,
        "rows": TAKEN,
        "now": now,
        "destination_ids": [destination.destination_id],
        "sizes": [50],
        "ripe_before": [now - timedelta(seconds=5)],
    }
    with line.world.connect() as connection:
        for name in ("waiting", "ready"):
            statement = named_sql("delivery/queue")[name]
            ((found,),) = connection.execute(
                ("EXPLAIN (ANALYZE, FORMAT JSON) " + statement).encode(), asked
            ).fetchall()
            (explained,) = found if isinstance(found, list) else json.loads(str(found))
            read = [
                (node["Node Type"], node["Actual Rows"] * node["Actual Loops"])
                for node in nodes(explained["Plan"])
                if str(node.get("Relation Name", "")).startswith("deliveries")
            ]
            print(name, explained["Execution Time"], "ms", read)
            assert sum(rows for _, rows in read) <= 2 * TAKEN
            assert not any("Seq Scan" in kind and rows for kind, rows in read)
