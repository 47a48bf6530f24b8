"""An answer comes from one state of the database, whatever is written meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
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

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADD_TO_CART = """
    UPDATE cart_hourly SET carts = carts + 1 WHERE store_id = %(store)s;
    UPDATE cart_products_daily SET carts = carts + 1 WHERE store_id = %(store)s;
"""


@contextmanager
def writing(reads: Reads, statements: str, store: str) -> Iterator[None]:
    """Commits the statements together, over and over, as fast as it goes."""
    stop = Event()

    def write() -> None:
        with reads.world.connect() as connection:
            while not stop.is_set():
                with connection.transaction():
                    for statement in filter(str.strip, statements.split(";")):
                        connection.execute(statement.encode(), {"store": store})

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_figures_of_an_answer_agree_while_carts_are_added(reads: Reads, store: str) -> None:
    named = {"store_name": "shop.example"}
    images = {"generated_images": 0, "person_images": 0, "clothing_images": 0}
    counted = {"store_id": store, "is_bot": False, "carts": 1}
    reads.insert("cart_hourly", {**counted, **images, "hour": NOON, "day": NOON.date(), **named})
    sold = {"day": NOON.date(), "product_id": "mug", "generated_images": 0, **named}
    reads.insert("cart_products_daily", {**counted, **sold})
    seen = []
    with (
        writing(reads, ADD_TO_CART, store),
        httpx.Client(base_url=reads.url, headers=reads.world.headers) as client,
    ):
        for _ in range(150):
            answer = client.get("/api/cart-tracking/analytics", params={"storeId": store})
            data = answer.json()["data"]
            lists = (data[name] for name in ("byStore", "byTime", "byProduct"))
            seen.append((data["totals"]["carts"], *(sum(r["carts"] for r in one) for one in lists)))
    assert len(set(seen)) > 20, "nothing was written meanwhile"
    assert [figures for figures in seen if len(set(figures)) > 1] == []


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
        "stream": "cart", "destination": store, "key_id": "none",
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

    asked = {"store_id": store, "storeId": store, "page": "/"}
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
