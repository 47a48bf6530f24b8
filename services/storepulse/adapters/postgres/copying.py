"""Data frames and arrays to PostgreSQL and back by COPY: no Python object for any cell."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from psycopg import sql

from storepulse.adapters.failpoints import reach

#: "File Format" of COPY's binary form in the manual: signature, flags, length of extensions.
_BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"


def copy_into(cursor: psycopg.Cursor[Any], table: str, frame: pl.DataFrame) -> None:
    """Copies a frame into the columns of `table` that have its columns' names."""
    # Unquoted and empty is null, quoted and empty is the empty string, for polars as for COPY.
    text = BytesIO()
    frame.write_csv(text, include_header=False)
    with cursor.copy(_copy_from(table, frame.columns, "csv")) as copy:
        copy.write(text.getbuffer())
        reach("slices.amid_copy")


def copy_columns(
    cursor: psycopg.Cursor[Any], table: str, columns: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Copies columns of values of fixed length, none null, in COPY's binary form.

    Numbers are arrays of the column's width; uuids are n by 16 bytes.
    """
    arrays = [_field(values) for values in columns.values()]
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for place, values in enumerate(arrays):
        layout += [(f"length{place}", ">i4"), (f"value{place}", values.dtype.str)]
    rows = np.empty(len(arrays[0]), dtype=layout)
    rows["count"] = len(arrays)
    for place, values in enumerate(arrays):
        rows[f"length{place}"] = values.dtype.itemsize
        rows[f"value{place}"] = values
    with cursor.copy(_copy_from(table, columns, "binary")) as copy:
        copy.write(_BEGIN + rows.tobytes() + _END)


def _field(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One item a row, in the order of the network."""
    if values.ndim == 2:
        return np.ascontiguousarray(values).view(f"V{values.shape[1]}")[:, 0]
    return values.astype(values.dtype.newbyteorder(">"))


def copy_out_uuids(
    cursor: psycopg.Cursor[Any], statement: str, width: int
) -> npt.NDArray[np.uint8]:
    """The rows of a `COPY (…) TO STDOUT (FORMAT binary)` statement of `width` uuids: n by
    16 · width bytes."""
    with cursor.copy(statement) as copy:
        data = b"".join(bytes(block) for block in copy)
    rows = np.frombuffer(data[len(_BEGIN) : -len(_END)], dtype=np.uint8)
    fields = rows.reshape(-1, 2 + 20 * width)[:, 2:].reshape(-1, width, 20)
    return np.ascontiguousarray(fields[:, :, 4:]).reshape(-1, 16 * width)


def _copy_from(table: str, columns: Any, form: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT {})")
    return statement.format(sql.Identifier(table), names, sql.SQL(form))
