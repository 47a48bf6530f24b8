"""Reducer of heatmap events to cells, scroll reach and elements.

A view of a page is its `view_id`, else the session's hour on the page. It counts once, by its
furthest scroll position, at the least of its places: the first hour, then the first device in
`DEVICES`, then bots last.

A dead click hits an element that neither reacts to clicks nor is inside of one that does, judged by
its selector (`selectors`). Names beyond the cap of new names are `(other)` from here on, and are
never dead.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from storepulse.domain.folding import PAGE, SELECTOR
from storepulse.streams.heatmap import rage_clicks
from storepulse.streams.heatmap.grid import COLUMNS, ROW_PX
from storepulse.streams.heatmap.numbering import TEXTS, Numbering, one_number
from storepulse.streams.heatmap.selectors import judge
from storepulse.streams.normal_forms import page
from storepulse.streams.reduction import Reduction, collected, computed, counted_name, events, hour

NOMINAL_WIDTH = 1280
#: All kinds in the schema.
KINDS = ("click", "scroll", "hover")
DEVICES = ("mobile", "tablet", "desktop", "unknown")


def _column() -> pl.Expr:
    width = pl.col("viewport_width").replace(0, None).fill_null(NOMINAL_WIDTH)
    # A huge x would overflow without the cast.
    column = pl.col("x").cast(pl.Int64) * COLUMNS // width
    return column.clip(0, COLUMNS - 1).cast(pl.Int16).alias("col")


def _smallint(number: pl.Expr, name: str) -> pl.Expr:
    # An overflow becomes null for the database to refuse: one event must not fail the slice.
    return number.cast(pl.Int16, strict=False).alias(name)


# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_CLICK, _SCROLL, _HOVER = (pl.col("kind") == kind for kind in KINDS)
_SELECTOR = counted_name("selector", SELECTOR).fill_null("")
_EARLIER = pl.col("kind").is_null()
#: The columns of a click in an earlier slice that determine where it counts.
_OF_EARLIER = {
    "store_id", "page", "page_no", "hour", "device", "is_bot", "selector", "element_no", "rage",
}  # fmt: skip
_READ = [
    "store_id", "session_id", "event_id", counted_name("page_url", PAGE), _SELECTOR, "kind", "x",
    "y", "viewport_width", "scroll_depth", "dwell_ms", "device", "is_bot", "occurred_at",
    "received_at", "page_patterns", "view_id", hour(),
]  # fmt: skip
_STORE_NO = pl.col("store_no")
_PAGE_OF_URL = page()
_PAGE_RANK = pl.col("page_no").rank("dense").cast(pl.Int64).alias("page_rank")


def _place_among(names: Sequence[str], column: str) -> tuple[pl.Expr, int]:
    """Return the index of a column's value among its possible names, and the number of names."""
    return pl.col(column).cast(pl.Enum(names)).to_physical(), len(names)


# Hours between the years 1 and 9999.
_HOUR_NO = pl.col("hour").dt.timestamp("ms") // 3_600_000, 2**28
_PLACE_NO = (
    one_number(
        pl.col("page_rank"), _HOUR_NO, _place_among(DEVICES, "device"), (pl.col("is_bot"), 2)
    )
    .rank("dense")
    .cast(pl.Int32)
    .alias("place_no")
)
_CELL = [_column(), _smallint(pl.col("y") // ROW_PX, "row")]
# A row is any 16-bit number, also below 0; that is as many values, shifted.
_CELL_NO = one_number(
    pl.col("place_no"),
    _place_among(KINDS, "kind"),
    (pl.col("col"), COLUMNS),
    (pl.col("row"), 2**16),
).alias("cell_no")
_REACH = _smallint(pl.col("scroll_depth") // 5, "reach")
# Neither a session nor a view id contains a slash.
_VIEW = pl.concat_str(
    "session_id",
    pl.col("view_id").fill_null(pl.format("/{}", _HOUR_NO[0])),
    separator="/",
    ignore_nulls=True,
).alias("view")
_ELEMENT_AT = one_number(pl.col("place_no"), (pl.col("element_no"), TEXTS)).alias("element_at")
_DWELL = pl.col("dwell_ms").cast(pl.Int64).sum()
_ELEMENT_COUNTS = [
    _CLICK.sum().cast(pl.Int64).alias("clicks"),
    pl.col("rage").sum().cast(pl.Int64).alias("rage_clicks"),
    _HOVER.sum().cast(pl.Int64).alias("hovers"),
    pl.col("dwell_ms").cast(pl.Int64).filter(_HOVER).sum(),
]
_PAGE_COUNTS = [
    (_CLICK | _HOVER).sum().cast(pl.Int64).alias("pointer_events"),
    _SCROLL.sum().cast(pl.Int64).alias("scroll_events"),
]
# A place may have only clicks of earlier slices, which were counted before.
_HAS_EVENTS = pl.col("pointer_events") + pl.col("scroll_events") > 0
_DEAD_CLICKS = (pl.col("clicks") * pl.col("dead").cast(pl.Int64)).alias("dead_clicks")


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Reduce the fresh events of one slice to cells, scroll reach and elements, in offset order.

    Pages, places (page, hour, device, bot or not) and elements are numbered within the slice.
    Grouping by a number is much cheaper than grouping by text or by several columns, and the
    columns of a place are sent to the database only once.
    """
    numbering = Numbering()
    plan = fresh.lazy().select(_READ).with_columns(store_no=numbering.of("store_id"))
    plan = plan.with_columns(
        url_no=numbering.number_within(_STORE_NO, "page_url"),
        element_no=numbering.of("selector"),
    )
    every = computed(plan).lazy()
    texts = collected({"urls": _urls(every, numbering), "elements": _elements(every)})
    urls = texts["urls"].lazy().select("url_no", "page", "page_no", "page_rank")
    paged = computed(every.join(urls, on="url_no", how="left", maintain_order="left"))
    elements = texts["elements"].hstack(judge(texts["elements"]["selector"]))
    in_series = elements.filter("series")["element_no"]
    rage, earlier, carry = rage_clicks.find_rage_clicks(paged, carry, in_series)
    paged = paged.with_columns(rage=pl.Series(rage))
    if earlier.height:
        paged, elements = _with_earlier(paged, elements, earlier, numbering)
    every = computed(paged.lazy().with_columns(_PLACE_NO)).lazy()
    pointed = every.filter(_CLICK | _HOVER)
    scrolled = every.filter(_SCROLL).with_columns(_REACH)
    plans = {
        "pages": every.unique("place_no").select(
            "place_no", "store_id", "page", "hour", "device", "is_bot"
        ),
        "heatmap_cells": _cells(pointed),
        "heatmap_views": _views(scrolled),
        "heatmap_scroll": scrolled.group_by("place_no", "reach").agg(events("events")),
        "heatmap_pages_daily": every.group_by("place_no").agg(_PAGE_COUNTS).filter(_HAS_EVENTS),
        "heatmap_elements": _element_counts(
            every.filter(~_SCROLL | _EARLIER) if earlier.height else pointed, elements.lazy()
        ),
    }
    return Reduction.of(collected(plans), carry)


def _urls(every: pl.LazyFrame, numbering: Numbering) -> pl.LazyFrame:
    """Return each URL of a store with its page."""
    urls = every.select("url_no", "store_no", "page_url", "page_patterns").unique("url_no")
    page_no = numbering.number_within(_STORE_NO, "page")
    return urls.with_columns(_PAGE_OF_URL).with_columns(page_no=page_no).with_columns(_PAGE_RANK)


def _elements(every: pl.LazyFrame) -> pl.LazyFrame:
    return every.select("element_no", "selector").unique("element_no")


def _with_earlier(
    paged: pl.DataFrame, elements: pl.DataFrame, earlier: pl.DataFrame, numbering: Numbering
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add clicks of earlier slices that have become rage clicks, and their elements.

    They were counted before, so they have no kind and add only rage clicks.
    """
    rows = earlier.lazy().with_columns(
        pl.col("device").cast(paged.schema["device"]), hour(),
        store_no=numbering.of("store_id"), element_no=numbering.of("selector"), rage=True,
    )  # fmt: skip
    rows = rows.with_columns(page_no=numbering.number_within(_STORE_NO, "page"))
    known = computed(rows.select(column for column in paged.columns if column in _OF_EARLIER))
    others = known.select("element_no", "selector", dead=False, series=False)
    return (
        pl.concat([paged, known], how="diagonal").with_columns(_PAGE_RANK),
        pl.concat([elements, others]).unique("element_no", keep="first", maintain_order=True),
    )


def _cells(pointed: pl.LazyFrame) -> pl.LazyFrame:
    # Cells with a null column or row form one group, which the database refuses.
    cells = pointed.with_columns(_CELL).group_by(_CELL_NO)
    named = pl.col("place_no", "kind", "col", "row").first()
    return cells.agg(named, events("events"), _DWELL).drop("cell_no")


def _views(scrolled: pl.LazyFrame) -> pl.LazyFrame:
    # Among the places of one page, the least number is the least hour, device and bot flag.
    views = scrolled.with_columns(_VIEW).group_by("page_no", "view")
    return views.agg(pl.col("place_no").min(), pl.col("reach").max()).drop("page_no")


def _element_counts(pointed: pl.LazyFrame, elements: pl.LazyFrame) -> pl.LazyFrame:
    counts = pointed.group_by(_ELEMENT_AT).agg(
        pl.col("place_no", "element_no").first(), *_ELEMENT_COUNTS
    )
    return counts.join(elements, on="element_no").select(
        "place_no", "selector", "clicks", "rage_clicks", _DEAD_CLICKS, "hovers", "dwell_ms"
    )
