"""What the database knows is read once, in the background, bounded, whatever fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from uuid import UUID, uuid4

import psycopg
import pytest
from prometheus_client import generate_latest
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters import metrics
from storepulse.gateway.names import database_name_queries as reads
from storepulse.gateway.names import database_names
from storepulse.gateway.names.database_names import ANY, KINDS, DatabaseNames

pytestmark = pytest.mark.timeout(60)


@contextmanager
def reading(world: World) -> Iterator[DatabaseNames]:
    known = DatabaseNames()
    known.start(world.settings_of("gateway").dsn)
    try:
        yield known
    finally:
        known.stop()


def all_read(known: DatabaseNames) -> DatabaseNames:
    wait_until(lambda: all(old.is_read for old in known.of_kind.values()), "the names", seconds=20)
    return known


def add_store(
    connection: psycopg.Connection[tuple[object, ...]], store: UUID, hour: str, stream: str
) -> None:
    connection.execute(
        "INSERT INTO ledger_counts (stream, store_id, hour) VALUES (%s, %s, %s)",
        [stream, store, hour],
    )


def add_pages(connection: psycopg.Connection[tuple[object, ...]], store: UUID, *pages: str) -> None:
    connection.cursor().executemany(
        "INSERT INTO pages (store_id, page) VALUES (%s, %s)", [(store, page) for page in pages]
    )


def add_views(connection: psycopg.Connection[tuple[object, ...]], store: UUID, *pages: str) -> None:
    connection.cursor().executemany(
        "INSERT INTO pages_daily SELECT %s, current_date - day, text_hash(%s), false, %s, 1"
        "  FROM generate_series(0, 1) AS day",
        [(store, page, page) for page in pages],
    )


def add_custom(
    connection: psycopg.Connection[tuple[object, ...]], store: UUID, *names: str
) -> None:
    connection.cursor().executemany(
        "INSERT INTO custom_events_daily SELECT %s, current_date - day, text_hash(%s), 'activity',"
        " false, %s, 1 FROM generate_series(0, 1) AS day",
        [(store, name, name) for name in names],
    )


def add_elements(
    connection: psycopg.Connection[tuple[object, ...]], store: UUID, page: str, *selectors: str
) -> None:
    connection.cursor().executemany(
        "INSERT INTO heatmap_elements SELECT page_id, date_trunc('hour', now()) - %s * interval"
        " '1 hour', 'desktop', %s, false, 1, 0, 0, 0, 0 FROM pages"
        " WHERE store_id = %s AND page = %s",
        [(hours, selector, store, page) for hours, selector in enumerate(selectors)],
    )


def add_landing_pages(connection: psycopg.Connection[tuple[object, ...]], *ids: str) -> None:
    for hour in range(3):
        connection.cursor().executemany(
            "INSERT INTO landing_hourly VALUES"
            " (%s, %s, 'c', date_trunc('hour', now()) - %s * interval '1 hour', current_date,"
            " false, 1, 0, 0, 0, 0, 1)",
            [(uuid4(), name, hour) for name in ids],
        )


def names_of(known: DatabaseNames, kind: str, store: object, *names: str) -> list[str]:
    return [name for name in names if known.of_kind[kind].has(str(store), name)]


def test_the_names_of_each_kind_are_read_by_store(world: World) -> None:
    one, two, made = uuid4(), uuid4(), uuid4()
    long = "/é/" + "😀" * 3_000
    with world.connect() as connection:
        add_store(connection, one, "2026-01-01", "heatmap")
        add_store(connection, one, "2026-01-03", "heatmap")
        add_store(connection, two, "2026-01-02", "activity")
        add_store(connection, two, "2026-01-02", "landing")
        connection.execute("INSERT INTO stores (store_id) VALUES (%s)", [made])
        add_pages(connection, one, "/", "/a", long)
        add_pages(connection, two, "/b")
        add_views(connection, two, "/b", "/v")
        add_elements(connection, one, "/a", "", "a.b", "é > 😀")
        add_elements(connection, two, "/b", "p")
        add_custom(connection, one, "signup", "お気に入り")
        add_custom(connection, two, "wish")
        add_landing_pages(connection, "lp-1", "lp-2", "lp-3")
    with reading(world) as known:
        all_read(known)
        for store in (one, two, made):
            assert names_of(known, "store", ANY, str(store)) == [str(store)]
        assert names_of(known, "store", ANY, str(uuid4())) == []
        customs = ["signup", "お気に入り", "wish"]
        assert names_of(known, "event_name", one, *customs) == customs[:2]
        assert names_of(known, "event_name", two, *customs) == ["wish"]
        pages = ["/", "/a", long, "/b", "/v", "/c"]
        assert names_of(known, "page", one, *pages) == pages[:3]
        assert names_of(known, "page", two, *pages) == ["/b", "/v"]
        assert names_of(known, "page", uuid4(), *pages) == []
        selectors = ["", "a.b", "é > 😀", "p", "q"]
        assert names_of(known, "selector", one, *selectors) == selectors[:3]
        assert names_of(known, "selector", two, *selectors) == ["p"]
        ids = ["lp-1", "lp-2", "lp-3", "lp-4"]
        assert names_of(known, "landing_page", ANY, *ids) == ids[:3]
        assert [known.of_kind[kind].size for kind in KINDS] == [3, 3, 5, 4, 3]
        # The thread has ended, and its connection with it.
        wait_until(lambda: not known._thread.is_alive() if known._thread else None, "the end")
    told = generate_latest(metrics.REGISTRY).decode()
    for kind in KINDS:
        assert f'storepulse_ingest_known_names_read{{kind="{kind}"}} 1.0' in told


def test_an_empty_database_knows_nothing(world: World) -> None:
    with reading(world) as known:
        assert [old.size for old in all_read(known).of_kind.values()] == [0] * 5


def test_the_newest_are_read_where_there_are_too_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_names, "OF_STORE", 4)
    monkeypatch.setattr(database_names, "OF_KIND", 6)
    monkeypatch.setattr(database_names, "STORES", 3)
    stores = [uuid4() for _ in range(5)]
    pages = [f"/{n}" for n in range(6)]
    with world.connect() as connection:
        for day, store in enumerate(stores, 1):
            add_store(connection, store, f"2026-01-0{day}", "heatmap")
            add_pages(connection, store, *pages)
            add_elements(connection, store, "/5", *(f"s-{n}" for n in range(6)))
            add_custom(connection, store, *(f"n-{n}" for n in range(6)))
        add_landing_pages(connection, *(f"lp-{n}" for n in range(6)))
    with reading(world) as known:
        all_read(known)
        found = [names_of(known, "page", store, *pages) for store in stores]
        assert found == [[], [], [], ["/4", "/5"], ["/2", "/3", "/4", "/5"]]
        sizes = [known.of_kind[kind].size for kind in KINDS]
    assert sizes == [4, 4, 6, 6, 6]


def test_few_rows_of_each_of_many_pages_are_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page with many rows leaves room for the others."""
    monkeypatch.setattr(reads, "_ROWS", 250)
    store = uuid4()
    with world.connect() as connection:
        add_store(connection, store, "2026-01-01", "heatmap")
        add_pages(connection, store, "/old", "/new")
        add_elements(connection, store, "/old", "a", "b")
        add_elements(connection, store, "/new", *(f"s-{n}" for n in range(300)))
    with reading(world) as known:
        all_read(known)
        assert names_of(known, "selector", store, "a", "b") == ["a", "b"]
        newest = [f"s-{n}" for n in range(300)]
        assert names_of(known, "selector", store, *newest) == newest[:125]


def test_what_takes_too_long_holds_up_nothing_else_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reads._SQL, "limit", "SET LOCAL statement_timeout = '200ms'")
    monkeypatch.setattr(database_names, "RETRY_SECONDS", 0.1)
    store = uuid4()
    with world.connect() as connection, world.connect() as busy:
        add_store(connection, store, "2026-01-01", "heatmap")
        add_pages(connection, store, "/a")
        add_elements(connection, store, "/a", "a.b")
        with busy.transaction():
            busy.execute("LOCK TABLE landing_hourly, heatmap_elements")
            with reading(world) as known:
                wait_until(lambda: known.of_kind["page"].is_read, "the pages", seconds=10)
                wait_until(lambda: known.of_kind["store"].is_read, "the stores", seconds=10)
                sleep(1)
                waiting = [known.of_kind[kind].is_read for kind in ("landing_page", "selector")]
                assert waiting == [False, False]
                busy.execute("ROLLBACK AND CHAIN")
                all_read(known)
                assert names_of(known, "selector", store, "a.b") == ["a.b"]


def test_a_database_that_goes_away_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_names, "RETRY_SECONDS", 0.1)
    known = DatabaseNames()
    away = "postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1"
    connect, asked = reads.connect, []

    def connect_at_last(dsn: str) -> psycopg.Connection[object]:
        asked.append(dsn)
        return connect(away if len(asked) < 4 else dsn)

    monkeypatch.setattr(database_names, "connect", connect_at_last)
    known.start(world.settings_of("gateway").dsn)
    try:
        all_read(known)
    finally:
        known.stop()
    assert len(asked) == 4


def test_stopping_does_not_wait_for_the_database() -> None:
    known = DatabaseNames()
    known.start("postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1")
    known.stop()
    assert known._thread is not None
    assert not known._thread.is_alive()
    assert not any(old.is_read for old in known.of_kind.values())
