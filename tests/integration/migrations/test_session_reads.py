"""Reads of sessions by time say the condition of the index that serves them.

The index is partial. A read that leaves its condition out is right and reads the whole table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import psycopg
from tests.integration.migrations.test_statements import FILES

from storepulse.adapters.postgres import migrations
from storepulse.adapters.postgres.named_sql import PACKAGE, read_statements

CONDITION = "session_id <> ''"
_reads_by_time = re.compile(r"FROM sessions\b(?!_)(?:(?!FROM ).)*?started_at >=", re.DOTALL).search


def reads_by_time() -> Iterator[tuple[str, str]]:
    for path in FILES:
        if PACKAGE in path.parents and path.name != "rollup.sql":
            for name, statement in read_statements(path).items():
                if _reads_by_time(statement.text):
                    yield f"{path.parent.name}/{path.name}: {name}", statement.text


def without_condition(reads: Mapping[str, str]) -> list[str]:
    return [name for name, text in reads.items() if CONDITION not in text]


def test_reads_by_time_may_use_the_index(dsn: str) -> None:
    migrations.up(dsn)
    with psycopg.connect(dsn) as connection:
        (condition,) = connection.execute(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
            " WHERE indexrelid = 'sessions_newest'::regclass"
        ).fetchall()[0]
    assert condition == "(session_id <> ''::text)"
    reads = dict(reads_by_time())
    assert "activity/queries.sql: sessions" in reads
    assert without_condition(reads) == []
    assert without_condition({"made": "SELECT FROM sessions WHERE started_at >= now()"}) == ["made"]


def test_the_index_leaves_updates_of_sessions_alone(dsn: str) -> None:
    migrations.up(dsn)
    store = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO sessions (store_id, session_id, started_at, ended_at, day, steps, pages,"
            " events, is_bot) VALUES (%s, 's', now(), now(), current_date, 1, 1, 1, false)",
            (store,),
        )
        for _ in range(3):
            connection.execute(
                "UPDATE sessions SET events = events + 1, pages = pages + 1, ended_at = now(),"
                " exit_at = now(), exit_page = '/'"
            )
        connection.execute("SELECT pg_stat_force_next_flush()")
        assert connection.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'"
        ).fetchall() == [(3, 3)]
