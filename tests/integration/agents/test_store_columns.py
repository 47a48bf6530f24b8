"""Pages that a store lets count as one: from its settings to the figures."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import polars as pl
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import event_id, record

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import change_store, create_store
from storepulse.agents.store_columns import with_store_columns

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PATTERNS = ["/products/*", "/collections/*/products/*"]


def test_a_slice_learns_what_its_stores_say(bench: Bench) -> None:
    plain, named, patterned = (event_id(900 + n) for n in range(3))
    with bench.world.connect() as connection:
        connection.execute("INSERT INTO stores (store_id) VALUES (%s)", [plain])
        connection.execute(
            "INSERT INTO stores (store_id, domain) VALUES (%s, 'a.example')", [named]
        )
        connection.execute(
            "INSERT INTO stores (store_id, settings) VALUES (%s, %s)",
            [patterned, '{"page_patterns": ["/products/*", "/x"]}'],
        )
        frame = pl.DataFrame(
            {"store_id": [patterned, plain, named, event_id(999), patterned]}
        ).with_columns(occurred_at=NOW)
        found = with_store_columns(connection.cursor(), frame)
        none = with_store_columns(connection.cursor(), frame[1:2])
    assert found["store_id"].to_list() == frame["store_id"].to_list()
    assert found["store_domain"].to_list() == [None, None, "a.example", None, None]
    assert found["page_patterns"].to_list() == [
        "/products/*\n/x",
        None,
        None,
        None,
        "/products/*\n/x",
    ]
    assert none.select("store_domain", "page_patterns").rows() == [(None, None)]
    assert found.schema == none.schema


def test_pages_count_under_the_patterns_of_their_time(bench: Bench) -> None:
    store = event_id(910)
    paths = ("/products/mug", "/products/m%c3%bcg/", "/collections/a/products/b", "/products", "/")
    events = [
        record("heatmap", n, store_id=store, page_url=f"https://a.example{path}")
        for n, path in enumerate(paths * 2)
    ]
    bench.write("heatmap", events[: len(paths)])
    with bench.world.connect() as connection:
        create_store(connection, CLI, NOW, store_id=UUID(store))
        settings = {"page_patterns": PATTERNS}
        change_store(connection, CLI, UUID(store), {"settings": settings}, NOW)
    bench.write("heatmap", events[len(paths) :], len(paths))
    with bench.world.connect() as connection:
        counted = dict(
            connection.execute(
                "SELECT page, sum(events)::int FROM heatmap_cells JOIN pages USING (page_id)"
                " WHERE store_id = %s GROUP BY page",
                [store],
            ).fetchall()
        )
    assert counted == {
        "/products/mug": 1, "/products/m%C3%BCg": 1, "/collections/a/products/b": 1,
        "/products/*": 2, "/collections/*/products/*": 1, "/products": 2, "/": 2,
    }  # fmt: skip
