"""What a store says of its events, as columns of a slice: its domain, and its patterns of pages.

Asked within the slice's transaction: a change holds from the next slice, and what was counted stays
under the page of its time.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql

_SQL = named_sql("agents/store_columns", stores="store_ids")
_COLUMNS = {"store_id": pl.String, "store_domain": pl.String, "page_patterns": pl.String}


def with_store_columns(cursor: psycopg.Cursor[Any], frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the columns `store_domain` and `page_patterns`, one pattern a line; both null
    where the store has none. Raises psycopg.Error.
    """
    store_ids = frame["store_id"].cast(pl.String).unique().to_list()
    found = cursor.execute(_SQL["stores"], {"store_ids": store_ids}).fetchall()
    if not found:
        none = pl.lit(None, pl.String)
        return frame.with_columns(store_domain=none, page_patterns=none)
    stores = pl.DataFrame(found, schema=_COLUMNS, orient="row")
    stores = stores.with_columns(pl.col("store_id").cast(frame.schema["store_id"]))
    return frame.join(stores, on="store_id", how="left", maintain_order="left")
