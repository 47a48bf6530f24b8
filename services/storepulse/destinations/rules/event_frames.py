"""Renders the JSON of many events by column. The result is byte for byte that of `event_json`.

Polars takes a fifth of the time of rendering event by event. Only free-form fields are decoded and
encoded one by one, to make sure that they are JSON.
"""

from __future__ import annotations

import msgspec
import polars as pl

from storepulse.destinations.rules.event_json import (
    CLIENT,
    ELSEWHERE,
    ENVELOPE,
    JSON_TEXT,
    free_form,
)

#: Columns of the queue's rows. They take precedence over the stored value, as in `event_json`.
ROW_COLUMNS = ("_event_id", "_store_id", "_received_at", "_event_type")
_TIME = "%Y-%m-%dT%H:%M:%S%.3fZ"


def events_json(stream: str, frame: pl.DataFrame) -> pl.Series:
    """One JSON text per row of `frame`, which has the schema's columns and `ROW_COLUMNS`."""
    own = [name for name in frame.columns if name not in ELSEWHERE and name not in ROW_COLUMNS]
    envelope = [
        pl.col("_event_id").alias("event_id"),
        pl.lit(stream).alias("stream"),
        pl.col("_event_type").alias("type"),
        pl.col("_store_id").alias("store_id"),
        *(_column(frame, name) for name in ENVELOPE),
        _column(frame, "occurred_at"),
        pl.col("_received_at").dt.strftime(_TIME).alias("received_at"),
        pl.struct(
            _column(frame, "consent_analytics", "unknown").alias("analytics"),
            _column(frame, "consent_marketing", "unknown").alias("marketing"),
        ).alias("consent"),
        _column(frame, "is_bot", missing=False),
        pl.struct(_column(frame, name) for name in CLIENT).alias("client"),
    ]
    if not JSON_TEXT & set(own):
        data = pl.struct(_column(frame, name) for name in own).alias("data")
        return frame.select(pl.struct(*envelope, data).struct.json_encode()).to_series()
    parts = [_bare_fields(envelope), pl.lit(',"data":{')]
    plain: list[pl.Expr] = []
    separator = ""
    for name in own:
        if name not in JSON_TEXT:
            plain.append(_column(frame, name))
            continue
        if plain:
            parts += [pl.lit(separator), _bare_fields(plain)]
            plain, separator = [], ","
        parts += [pl.lit(f'{separator}"{name}":'), pl.lit(_free_forms(frame[name]))]
        separator = ","
    if plain:
        parts += [pl.lit(separator), _bare_fields(plain)]
    texts = pl.concat_str([pl.lit("{"), *parts, pl.lit("}}")])
    return frame.select(texts).to_series()


def _column(frame: pl.DataFrame, name: str, missing: object = None) -> pl.Expr:
    """A column as a value that can be encoded as JSON."""
    if name not in frame.columns:
        return pl.lit(missing).alias(name)
    kind = frame.schema[name]
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime(_TIME)
    if isinstance(kind, pl.Categorical | pl.Enum | pl.Decimal):
        return column.cast(pl.String)
    return column


def _bare_fields(columns: list[pl.Expr]) -> pl.Expr:
    """The fields of a JSON object without its braces."""
    return pl.struct(columns).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")


def _free_forms(column: pl.Series) -> pl.Series:
    encode = msgspec.json.Encoder().encode
    texts = ["null" if t is None else encode(free_form(t)).decode() for t in column]
    return pl.Series(texts, dtype=pl.String)
