"""Heatmap events to cells, scroll reach and elements.

A dead click hits an element that does not react to clicks, judged by the last part of its selector.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.rollups import Reduction, collected, count_where, events, hour, rage_clicks

COLUMNS = 128
ROW_PX = 16
NOMINAL_WIDTH = 1280

_INTERACTIVE = (
    r"(?i)^(a|button|input|select|textarea|label|summary|option|video|audio)([.#:\[]|$)"
    r"|role=|onclick|\.cta-button|data-cta|\.btn|button"
)
_PAGE = r"^[a-zA-Z]+://[^/?#]*([^?#]*)"
_PLACE = ["page_no", "hour", "device", "is_bot"]


def page(url: str = "page_url") -> pl.Expr:
    """Path of the URL, without query and fragment; "/" where there is none."""
    path = pl.col(url).str.extract(_PAGE, 1)
    return pl.when(path == "").then(pl.lit("/")).otherwise(path).fill_null("/").alias("page")


def dead_click() -> pl.Expr:
    """Whether the click's selector names an element that does not react to clicks."""
    last = pl.col("selector").str.strip_chars().str.extract(r"([^\s>]*)$", 1)
    return last.is_not_null() & (last != "") & ~last.str.contains(_INTERACTIVE)


def _column() -> pl.Expr:
    width = pl.col("viewport_width").replace(0, None).fill_null(NOMINAL_WIDTH)
    # Beyond every page, x would overflow.
    column = pl.col("x").cast(pl.Int64) * COLUMNS // width
    return column.clip(0, COLUMNS - 1).cast(pl.Int16).alias("col")


def _smallint(number: pl.Expr, name: str) -> pl.Expr:
    # What is none is for the database to refuse: one absurd event must not fail the slice.
    return number.cast(pl.Int16, strict=False).alias(name)


# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_CLICK, _HOVER, _SCROLL = (pl.col("kind") == kind for kind in ("click", "hover", "scroll"))
_POINTED = _CLICK | _HOVER
_SELECTOR = pl.col("selector").fill_null("")
_READ = [
    "store_id", "session_id", "page_url", "kind", "x", "y", "viewport_width", _SELECTOR,
    "scroll_depth", "dwell_ms", "device", "is_bot", "occurred_at", "received_at", hour(),
]  # fmt: skip
_PAGE_OF_URL = page()
# All store ids are of one length: no two pairs make the same text.
_PAGE_NO = (pl.col("store_id") + pl.col("page")).rank("dense").cast(pl.Int32).alias("page_no")
# Its plan may be computed more than once: a rank comes out the same each time.
_PLACE_NO = pl.struct(_PLACE).rank("dense").cast(pl.Int32).alias("place_no")
_DEAD = dead_click().fill_null(value=False).alias("dead")
_ELEMENT_NO = pl.int_range(pl.len()).alias("element_no")
_CELL = ["place_no", "kind", _column(), _smallint(pl.col("y") // ROW_PX, "row")]
_REACH = ["place_no", _smallint(pl.col("scroll_depth") // 5, "reach")]
_ELEMENT = ["place_no", "element_no"]
_DWELL = pl.col("dwell_ms").sum().cast(pl.Int64)
_CLICKS = [
    events("clicks"),
    count_where(pl.col("rage"), "rage_clicks"),
    count_where(pl.col("dead"), "dead_clicks"),
]
_COUNTED = pl.col("clicks", "rage_clicks", "dead_clicks", "hovers", "dwell_ms").fill_null(0)


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Cells, scroll reach and elements of the fresh events of one slice, in offset order.

    Pages, places (a page in an hour on a device, by a bot or not) and elements are numbered within
    the slice: grouping by numbers costs a fraction of grouping by text, and what a place is called
    is sent to the database once.
    """
    every = fresh.lazy()
    texts = collected({"urls": _urls(every), "elements": _elements(every)})
    urls, elements = texts["urls"].lazy(), texts["elements"].lazy()
    numbered = (
        every.select(_READ)
        .join(urls, on=["store_id", "page_url"], how="left", maintain_order="left")
        .join(elements, on="selector", how="left", maintain_order="left")
        .with_columns(_PLACE_NO)
    )
    clicks, hovers = numbered.filter(_CLICK), numbered.filter(_HOVER)
    plans = {
        "pages": numbered.unique("place_no").select(
            "place_no", "store_id", "page", "hour", "device", "is_bot"
        ),
        "heatmap_cells": numbered.filter(_POINTED).group_by(_CELL).agg(events("events"), _DWELL),
        "heatmap_scroll": numbered.filter(_SCROLL).group_by(_REACH).agg(events("events")),
    }
    if (fresh["kind"] == "click").any():
        clicks, plans["carry"] = rage_clicks.judged(clicks, carry)
    else:
        clicks = clicks.with_columns(rage=pl.lit(value=False))
    plans["heatmap_elements"] = _counted(clicks, hovers, elements)
    tables = collected(plans)
    if "carry" in tables:
        carry = rage_clicks.written(tables.pop("carry"))
    return Reduction.of(tables, carry)


def _urls(fresh: pl.LazyFrame) -> pl.LazyFrame:
    """Each (store_id, page_url) with its page, and the page's number."""
    urls = fresh.select("store_id", "page_url").unique()
    return urls.with_columns(_PAGE_OF_URL).with_columns(_PAGE_NO)


def _elements(fresh: pl.LazyFrame) -> pl.LazyFrame:
    return fresh.select(_SELECTOR).unique().with_columns(_DEAD, _ELEMENT_NO)


def _counted(clicks: pl.LazyFrame, hovers: pl.LazyFrame, elements: pl.LazyFrame) -> pl.LazyFrame:
    clicked = clicks.group_by(_ELEMENT).agg(_CLICKS)
    hovered = hovers.group_by(_ELEMENT).agg(events("hovers"), _DWELL)
    return (
        clicked.join(hovered, on=_ELEMENT, how="full", coalesce=True)
        .with_columns(_COUNTED)
        .join(elements.select("element_no", "selector"), on="element_no")
        .drop("element_no")
    )
