"""Frames that go to PostgreSQL and come back by COPY are the same, whatever text they hold."""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED

from storepulse.adapters.copying import copy_into, copy_out

TEXT = st.none() | st.text(max_size=12) | st.sampled_from(
    ["", "\\.", "a\n\\.\nb", "\\N", '"', ",", "\r", "\n", "\r\n", " x ", "NULL", "\u2028", "=1+1"]
)  # fmt: skip
SCHEMA: dict[str, Any] = {"n": pl.Int64, "t": pl.String, "u": pl.String}


@pytest.fixture(scope="module")
def cursor(shared_bench: Bench) -> Any:
    with shared_bench.world.connect() as connection:
        connection.execute("CREATE TEMP TABLE copied (n bigint, t text, u text)")
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
    back = copy_out(cursor, "COPY (SELECT * FROM copied) TO STDOUT (FORMAT csv)", SCHEMA)
    assert back.select("n").rows() == frame.select("n").rows()


def test_nothing_comes_back_as_an_empty_frame(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("TRUNCATE copied")
    back = copy_out(cursor, "COPY (SELECT * FROM copied) TO STDOUT (FORMAT csv)", SCHEMA)
    assert (back.height, back.columns) == (0, ["n", "t", "u"])
