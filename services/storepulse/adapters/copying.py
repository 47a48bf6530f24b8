"""Data frames to PostgreSQL and back by COPY: no Python object for any cell."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl
import psycopg
from psycopg import sql


def copy_into(cursor: psycopg.Cursor[Any], table: str, frame: pl.DataFrame) -> None:
    """Copies a frame into the columns of `table` that have its columns' names."""
    # Unquoted and empty is null, quoted and empty is the empty string, for polars as for COPY.
    text = BytesIO()
    frame.write_csv(text, include_header=False)
    columns = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)")
    with cursor.copy(statement.format(sql.Identifier(table), columns)) as copy:
        copy.write(text.getbuffer())


def copy_out(cursor: psycopg.Cursor[Any], statement: str, schema: dict[str, Any]) -> pl.DataFrame:
    """The frame of a `COPY (…) TO STDOUT (FORMAT csv)` statement."""
    with cursor.copy(statement) as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(BytesIO(data), has_header=False, schema=schema)
