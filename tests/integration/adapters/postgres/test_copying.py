"""Frames that go to PostgreSQL and come back by COPY are the same, whatever text they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED
from tests.support.world import World

from storepulse.adapters.postgres.copying import copy_columns, copy_into, copy_out_uuids

TEXT = st.none() | st.text(max_size=12) | st.sampled_from(
    ["", "\\.", "a\n\\.\nb", "\\N", '"', ",", "\r", "\n", "\r\n", " x ", "NULL", "\u2028", "=1+1"]
)  # fmt: skip
SCHEMA: dict[str, Any] = {"n": pl.Int64, "t": pl.String, "u": pl.String}


@pytest.fixture(scope="module")
def cursor(module_world: World) -> Any:
    with module_world.connect() as connection:
        connection.execute("CREATE TEMP TABLE copied (n bigint, t text, u text)")
        connection.execute("CREATE TEMP TABLE numbers (b bigint, i int, s smallint, u uuid)")
        yield connection.cursor()


@seed(SEED)
@settings(max_examples=150, deadline=None, database=None)
@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=8))
def test_round_trip(cursor: psycopg.Cursor[Any], rows: list[tuple[str | None, str | None]]) -> None:
    note(f"TEST_SEED={SEED}")
    clean = [tuple(t.replace("\0", "") if t else t for t in row) for row in rows]
    frame = pl.DataFrame([(n, *row) for n, row in enumerate(clean)], schema=SCHEMA, orient="row")
    cursor.execute("TRUNCATE copied")
    copy_into(cursor, "copied", frame)
    assert cursor.execute("SELECT * FROM copied ORDER BY n").fetchall() == frame.rows()


NUMBERS = st.tuples(
    st.uuids(), st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**15), 2**15 - 1),
)  # fmt: skip


@seed(SEED)
@settings(max_examples=100, deadline=None, database=None)
@given(rows=st.lists(NUMBERS, max_size=8))
def test_columns_of_fixed_length(cursor: psycopg.Cursor[Any], rows: list[tuple[Any, ...]]) -> None:
    note(f"TEST_SEED={SEED}")
    cursor.execute("TRUNCATE numbers")
    ids = np.frombuffer(b"".join(row[0].bytes for row in rows), dtype=np.uint8).reshape(-1, 16)
    columns: dict[str, Any] = {"u": ids}
    for name, place, kind in (("i", 1, np.int32), ("b", 2, np.int64), ("s", 3, np.int16)):
        columns[name] = np.array([row[place] for row in rows], dtype=kind)
    copy_columns(cursor, "numbers", columns)
    assert cursor.execute("SELECT u, i, b, s FROM numbers").fetchall() == rows
    statement = "COPY (SELECT u, u FROM numbers) TO STDOUT (FORMAT binary)"
    assert copy_out_uuids(cursor, statement, 2).tolist() == np.hstack([ids, ids]).tolist()
