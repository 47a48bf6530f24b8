"""Web vitals by page, metric and day, from activity and landing pages.

Activity reports them as the custom event `web_vitals`, a landing page as its type of that name. The
data is one metric in the format of Google's library, `{"name": "LCP", "value": 1834.5}`, or
several, `{"LCP": 1834.5, "CLS": 0.04}`, with names in any case. Each metric counts once per event.
A value that is not a number or is out of range is dropped, and the event is kept.

The buckets are those of `domain.web_vitals`. The upsert is in `web_vitals.sql`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl

from storepulse.domain.web_vitals import METRICS
from storepulse.streams.kept_names import WEB_VITALS_TOLD

#: The statement and the staged table.
WEB_VITALS = "web_vitals_daily"

_PLACES = Decimal("0.0001")
_PLACE_OF_LANDING = ("event_type", "store_id", "day", "is_bot", "event_data", "metadata")
_PLACE = ("store_id", "day", "page", "is_bot")
_Sample = tuple[str, int, Decimal]

_object = msgspec.json.Decoder(dict[str, Any])


def activity_vitals(customs: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Return the vitals of custom activity with the column `page`, by the statement's name."""
    told = customs.filter(pl.col("name") == WEB_VITALS_TOLD)
    if not told.height:
        return {}
    return _vitals_of(told.with_columns(pl.col("page").fill_null("")), told["metadata"].to_list())


def landing_vitals(fresh: pl.DataFrame, page: str = "landing_page_id") -> dict[str, pl.LazyFrame]:
    """Return the vitals of landing pages, whose page is their id, by the statement's name."""
    told = fresh.select(*_PLACE_OF_LANDING, pl.col(page).alias("page")).filter(
        pl.col("event_type") == "WebVitals"
    )
    if not told.height:
        return {}
    # A client's unknown fields are stored in `metadata`.
    texts = [
        text if any(samples_of(text)) else more
        for text, more in told.select("event_data", "metadata").iter_rows()
    ]
    return _vitals_of(told, texts)


def samples_of(text: str | None) -> Iterator[_Sample]:
    """Yield metric, bucket and value from an event's free-form fields."""
    if not text:
        return
    try:
        said = _object.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        return
    seen = set()
    for name, value in _named_values(said):
        metric = METRICS.get(name)
        if metric is None or name in seen or not _is_number(value):
            continue
        if 0 <= value <= metric.most:
            seen.add(name)
            yield name, metric.bucket_of(value), Decimal(str(value)).quantize(_PLACES)


def _named_values(said: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    name = said.get("name")
    if isinstance(name, str):
        yield name.upper(), said.get("value")
    for key, value in said.items():
        yield key.upper(), value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _vitals_of(told: pl.DataFrame, texts: list[str | None]) -> dict[str, pl.LazyFrame]:
    """Return the samples of each row's text, counted by the row's store, day, page and bot flag.

    In plain Python: the rows are few, and lists inside of a frame cost more.
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    totals: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    places = told.select(_PLACE)
    for place, text in zip(places.iter_rows(), texts, strict=True):
        for metric, bucket, value in samples_of(text):
            counts[*place, metric, bucket] += 1
            totals[*place, metric, bucket] += value
    if not counts:
        return {}
    columns = dict(zip((*_PLACE, "metric", "bucket"), zip(*counts, strict=True), strict=True))
    schema = {name: places.schema.get(name) for name in columns}
    counted = pl.DataFrame(columns, schema=schema).with_columns(
        pl.Series("samples", counts.values(), pl.Int64),
        pl.Series("total", totals.values(), pl.Decimal(38, 4)),
    )
    return {WEB_VITALS: counted.lazy()}
