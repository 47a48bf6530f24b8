"""Decoded frames of events, as the reducers get them, and results in a comparable form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from tests.support.ingest_records import Record, record

from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.streams.reduction import Reduction

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def frame_of(stream: str, records: Iterable[Record]) -> pl.DataFrame:
    """The frame of records that all decode, with the columns of a store on UTC of which nothing
    else is known."""
    listed = list(records)
    decoded = decode(schema_of(stream), [r.value for r in listed], [r.key for r in listed])
    assert decoded.bad == []
    return of_plain_stores(decoded.frame)


def of_plain_stores(frame: pl.DataFrame) -> pl.DataFrame:
    """A decoded frame with the columns of stores on UTC of which nothing else is known."""
    nothing = pl.lit(None, pl.String)
    if "ordered_at" in frame.columns:
        frame = frame.with_columns(ordered_day=pl.col("ordered_at").dt.date())
    return frame.with_columns(
        day=pl.col("occurred_at").dt.date(),
        store_domain=nothing,
        page_patterns=nothing,
        experiment_sources=pl.lit(None, pl.List(pl.String())),
    )


def frame(stream: str, *events: Mapping[str, Any]) -> pl.DataFrame:
    """Events by the fields that matter, with ids in their order."""
    return frame_of(stream, (record(stream, n, **event) for n, event in enumerate(events)))


def rows(reduction: Reduction, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of a result, sorted; enums as text, Decimals as they are."""
    if table not in reduction.tables:
        return []
    chosen = reduction.tables[table].select(*columns)
    return sorted(
        (tuple(str(v) if isinstance(v, pl.Enum) else v for v in row) for row in chosen.rows()),
        key=repr,
    )
