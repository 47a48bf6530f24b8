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

from storepulse.adapters.postgres.statement import Statement
from storepulse.query.app import application

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
