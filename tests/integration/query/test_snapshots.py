"""An answer comes from one state of the database, whatever is written meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from tests.integration.query.conftest import Reads
from tests.support.servers import administrator

from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Transient
from storepulse.query.app import application
from storepulse.query.pools import reading_pool


def test_every_read_is_made_in_one_snapshot_of_its_request(
    reads: Reads, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asks every path that reads, and looks at the transactions of its statements."""
    transactions: list[tuple[Any, ...]] = []
    execute = psycopg.AsyncCursor.execute

    async def watched(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        result = await execute(self, query, *more, **named)
        # Statements of our own, but for the look-up of the key, which is no part of an answer.
        if isinstance(query, Statement) and b"api_keys WHERE key_hash" not in query:
            connection = self.connection
            asked = "SELECT now(), pg_backend_pid(), current_setting('transaction_isolation')"
            async with connection.cursor() as other:
                await execute(other, asked)
                transactions.append(await other.fetchone())
        return result

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", watched)
    app = application(reads.world.settings)
    names = {
        "store_id": store, "landing_page_id": "lp", "event_id": store, "dead_letter_id": store,
        "stream": "cart", "destination": store, "key_id": "none", "client_id": "7",
        "campaign_id": "summer", "customer": store, "period": "2026-10", "plan": "none",
        "meter": "none", "test_id": store, "person": store, "live_id": "activity-0-0",
        "picture_id": store, "run": store,
    }  # fmt: skip
    read: dict[str, int] = {}

    async def ask_all() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", headers=reads.world.headers
            ) as client,
        ):
            for path, methods in app.openapi()["paths"].items():
                if path == "/api/analytics/live":
                    continue  # it ends when its reader leaves
                if "get" in methods and path.startswith("/api/"):
                    listed = methods["get"].get("parameters", ())
                    wanted = {one["name"] for one in listed if one["in"] == "query"}
                    transactions.clear()
                    await client.get(
                        path.format(**names),
                        params={name: value for name, value in asked.items() if name in wanted},
                    )
                    assert len(set(transactions)) <= 1, path
                    assert {row[2] for row in transactions} <= {"repeatable read"}, path
                    read[path] = len(transactions)

    asked = {
        "store_id": store, "storeId": store, "page": "/", "name": "wish", "metric": "LCP",
    }  # fmt: skip
    asyncio.run(ask_all())
    assert read["/api/cart-tracking/analytics"] >= 4
    assert read["/api/heatmap/{store_id}"] >= 4
    assert read["/api/landing-pages/{landing_page_id}/stats"] >= 3
    assert sum(1 for count in read.values() if count) >= 14, read


BACKEND = Statement("SELECT pg_backend_pid() AS pid, %(number)s::int AS number")
BROKEN = Statement("SELECT 1 / %(number)s::int AS number")


async def test_a_fault_at_the_end_of_a_snapshot_costs_nobody_the_answer(reads: Reads) -> None:
    async with reading_pool(reads.world.settings) as pool:
        async with ReadSnapshot(pool) as snapshot:
            row = await snapshot.row(BACKEND, {"number": 7})
            _terminate(row["pid"])
        assert row["number"] == 7
        async with ReadSnapshot(pool) as snapshot:
            assert (await snapshot.row(BACKEND, {"number": 8}))["pid"] != row["pid"]


@pytest.mark.parametrize("reads_before", [0, 1])
async def test_a_fault_of_a_read_is_told_and_the_next_request_reads(
    reads: Reads, reads_before: int
) -> None:
    async def read(pool: Pool, *numbers: int, ends_after: int | None = None) -> None:
        async with ReadSnapshot(pool) as snapshot:
            for number in numbers:
                statement = BACKEND if number else BROKEN
                row = await snapshot.row(statement, {"number": number})
                if number == ends_after:
                    _terminate(row["pid"])

    async with reading_pool(reads.world.settings) as pool:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await read(pool, *[1] * reads_before, 0)
        with pytest.raises(Transient):
            await read(pool, 1, 2, ends_after=1)
        await read(pool, 1, 2)


def _terminate(pid: int) -> None:
    with administrator() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
