"""Copy data frames and arrays to PostgreSQL and back by COPY, without a Python object per cell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.statement import Statement

_SQL = named_sql("adapters/postgres/copying")

#: "File Format" of COPY's binary form in the manual: signature, flags, length of extensions.
_BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"


def copy_into(cursor: psycopg.Cursor[Any], table: str, frame: pl.DataFrame) -> None:
    """Copy a frame into the columns of `table` with its columns' names."""
    # Unquoted empty is null and quoted empty is the empty string, for polars as for COPY.
    text = BytesIO()
    frame.write_csv(text, include_header=False)
    with cursor.copy(_copy_from("text", table, tuple(frame.columns))) as copy:
        copy.write(text.getbuffer())
        reach("slices.amid_copy")


def copy_columns(
    cursor: psycopg.Cursor[Any], table: str, columns: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Copy columns of fixed-length values without nulls, in COPY's binary format.

    Numbers are arrays of the column's width; uuids are n by 16 bytes.
    """
    arrays = [_field(values) for values in columns.values()]
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for index, values in enumerate(arrays):
        layout += [(f"length{index}", ">i4"), (f"value{index}", values.dtype.str)]
    rows = np.empty(len(arrays[0]), dtype=layout)
    rows["count"] = len(arrays)
    for index, values in enumerate(arrays):
        rows[f"length{index}"] = values.dtype.itemsize
        rows[f"value{index}"] = values
    with cursor.copy(_copy_from("binary", table, tuple(columns))) as copy:
        copy.write(_BEGIN + rows.tobytes() + _END)


def _field(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One item per row, in network byte order."""
    if values.ndim == 2:
        return np.ascontiguousarray(values).view(f"V{values.shape[1]}")[:, 0]
    return values.astype(values.dtype.newbyteorder(">"))


def copy_out_uuids(
    cursor: psycopg.Cursor[Any], statement: Statement, width: int
) -> npt.NDArray[np.uint8]:
    """Read a `COPY (…) TO STDOUT (FORMAT binary)` statement of `width` uuids per row.

    Returns an array of n by 16 · width bytes.
    """
    with cursor.copy(statement) as copy:
        data = b"".join(bytes(block) for block in copy)
    rows = np.frombuffer(data[len(_BEGIN) : -len(_END)], dtype=np.uint8)
    fields = rows.reshape(-1, 2 + 20 * width)[:, 2:].reshape(-1, width, 20)
    return np.ascontiguousarray(fields[:, :, 4:]).reshape(-1, 16 * width)


@cache
def _copy_from(form: str, table: str, columns: tuple[str, ...]) -> Statement:
    return _SQL[form].with_names(table=table, columns=columns)
