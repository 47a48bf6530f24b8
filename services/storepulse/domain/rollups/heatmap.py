"""Heatmap events to cells, scroll reach and elements.

A rage click follows two other clicks of its session on its page within 30 px and 1 s; all three
were received, and arrived, within 2 s. "Follows" is the order of the partition, so the answer does
not depend on how the partition was cut into slices: the last two clicks of each session travel in
the carry, as long as a click that arrives now could still complete them. A click arrives at the
latest time of receipt that the partition has seen up to it: that never goes back, as times of
receipt do where gateways' clocks differ or spooled events come after newer ones.

A dead click hits an element that does not react to clicks, judged by the last part of its selector.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import polars as pl

from storepulse.domain.rollups import Reduction, count_where, events, hour

COLUMNS = 128
ROW_PX = 16
NOMINAL_WIDTH = 1280
RAGE_PX = 30
RAGE_WITHIN = timedelta(seconds=1)
RAGE_RECEIVED_WITHIN = timedelta(seconds=2)

_INTERACTIVE = (
    r"(?i)^(a|button|input|select|textarea|label|summary|option|video|audio)([.#:\[]|$)"
    r"|role=|onclick|\.cta-button|data-cta|\.btn|button"
)
_PAGE = r"^[a-zA-Z]+://[^/?#]*([^?#]*)"
_PLACE = ["page_no", "hour", "device", "is_bot"]
_READ = [
    "store_id", "session_id", "page_url", "kind", "x", "y", "viewport_width", "selector",
    "scroll_depth", "dwell_ms", "device", "is_bot", "occurred_at", "received_at",
]  # fmt: skip
_TAIL = ["store_id", "session_id", "page", "x", "y", "occurred_at", "received_at", "arrived_at"]
#: More rows than this travel only while a clock that is far ahead lets nothing grow old.
MOST_CARRIED = 20_000


def page(url: str = "page_url") -> pl.Expr:
    """Path of the URL, without query and fragment; "/" where there is none."""
    path = pl.col(url).str.extract(_PAGE, 1)
    return pl.when(path == "").then(pl.lit("/")).otherwise(path).fill_null("/").alias("page")


def dead_click() -> pl.Expr:
    """Whether the click's selector names an element that does not react to clicks."""
    last = pl.col("selector").str.strip_chars().str.extract(r"([^\s>]*)$", 1)
    return last.is_not_null() & (last != "") & ~last.str.contains(_INTERACTIVE)


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Cells, scroll reach and elements of the fresh events of one slice, in offset order.

    Pages and elements are numbered within the slice: grouping by numbers costs a fraction of
    grouping by text, and each text is looked at, and sent to the database, once.
    """
    pages, page_numbers = _pages(fresh)
    selector = pl.col("selector").fill_null("")
    elements = fresh.select(selector.unique()).with_columns(
        dead_click().fill_null(value=False).alias("dead"), element_no=pl.int_range(pl.len())
    )
    frame = (
        fresh.select(*_READ, hour())
        .with_columns(selector)
        .join(page_numbers, on=["store_id", "page_url"], how="left", maintain_order="left")
        .join(elements, on="selector", how="left", maintain_order="left")
    )
    pointed = frame.filter(pl.col("kind").is_in(["click", "hover"]))
    clicked = pointed.filter(pl.col("kind") == "click")
    page_of_click = pages["page"].gather(clicked["page_no"])
    clicks, carried = _rage(clicked.with_columns(page_of_click), carry)
    hovers = pointed.filter(pl.col("kind") == "hover")
    tables = {
        "pages": pages,
        "heatmap_cells": _cells(pointed),
        "heatmap_scroll": _scroll(frame.filter(pl.col("kind") == "scroll")),
        "heatmap_elements": _elements(clicks, hovers, elements),
    }
    return Reduction({name: t for name, t in tables.items() if t.height}, carried)


def _pages(fresh: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The slice's pages with their numbers, and the number of each (store_id, page_url)."""
    urls = fresh.select("store_id", "page_url").unique().with_columns(page())
    pages = urls.select("store_id", "page").unique().sort("store_id", "page")
    pages = pages.with_columns(page_no=pl.int_range(pl.len(), dtype=pl.Int32))
    numbers = urls.join(pages, on=["store_id", "page"]).drop("page")
    return pages, numbers


def _cells(pointed: pl.DataFrame) -> pl.DataFrame:
    width = pl.col("viewport_width").replace(0, None).fill_null(NOMINAL_WIDTH)
    # Beyond every page, x would overflow, and a row that is no smallint is for the database to
    # refuse: one absurd event must not fail the slice.
    col = (pl.col("x").cast(pl.Int64) * COLUMNS // width).clip(0, COLUMNS - 1).cast(pl.Int16)
    row = (pl.col("y") // ROW_PX).cast(pl.Int16, strict=False).alias("row")
    return pointed.group_by(*_PLACE, "kind", col.alias("col"), row).agg(
        events("events"), pl.col("dwell_ms").sum().cast(pl.Int64)
    )


def _scroll(scrolls: pl.DataFrame) -> pl.DataFrame:
    reach = (pl.col("scroll_depth") // 5).cast(pl.Int16, strict=False).alias("reach")
    return scrolls.group_by(*_PLACE, reach).agg(events("events"))


def _elements(clicks: pl.DataFrame, hovers: pl.DataFrame, elements: pl.DataFrame) -> pl.DataFrame:
    key = [*_PLACE, "element_no"]
    clicked = clicks.group_by(key).agg(
        events("clicks"), count_where(pl.col("rage"), "rage_clicks"),
        count_where(pl.col("dead"), "dead_clicks"),
    )  # fmt: skip
    hovered = hovers.group_by(key).agg(events("hovers"), pl.col("dwell_ms").sum().cast(pl.Int64))
    counts = ["clicks", "rage_clicks", "dead_clicks", "hovers", "dwell_ms"]
    return (
        clicked.join(hovered, on=key, how="full", coalesce=True)
        .with_columns(pl.col(counts).fill_null(0))
        .join(elements.select("element_no", "selector"), on="element_no")
        .drop("element_no")
    )


def _rage(clicks: pl.DataFrame, carry: bytes | None) -> tuple[pl.DataFrame, bytes | None]:
    """The clicks with column `rage`, and the clicks that the next slice must know."""
    if not clicks.height:
        return clicks.with_columns(rage=pl.lit(value=False)), carry
    clicks = clicks.with_columns(arrived_at=pl.col("received_at").cum_max())
    before = clicks.select(_TAIL).clear()
    if carry:
        before = pl.read_ipc(BytesIO(carry))
        if "arrived_at" not in before.columns:  # written before there was such a time
            before = before.with_columns(arrived_at="received_at")
        newest_before = pl.lit(before["arrived_at"].max())
        clicks = clicks.with_columns(pl.max_horizontal("arrived_at", newest_before))
    # A stable sort keeps the partition's order within each session, which now lies together.
    ordered = pl.concat(
        [before.with_columns(carried=True), clicks.with_columns(carried=False)], how="diagonal"
    ).sort("session_id", "store_id", maintain_order=True)
    rage = (_near(1) & _near(2)).fill_null(value=False).alias("rage")
    judged = ordered.with_columns(rage).filter(~pl.col("carried"))
    tail = ordered.select(_TAIL).filter(
        ~_same_session(-2).fill_null(value=False),
        pl.col("arrived_at") >= pl.col("arrived_at").max() - RAGE_RECEIVED_WITHIN,
    )
    tail = tail.sort("arrived_at", maintain_order=True).tail(MOST_CARRIED)
    out = BytesIO()
    tail.write_ipc(out)
    return judged, out.getvalue()


def _same_session(n: int) -> pl.Expr:
    """Whether the row n places before is of the same session."""
    session, store = pl.col("session_id"), pl.col("store_id")
    return (session == session.shift(n)) & (store == store.shift(n))


def _near(n: int) -> pl.Expr:
    """Whether the session's n-th click before this one is near in place and time."""

    def apart(column: str) -> pl.Expr:
        return pl.col(column) - pl.col(column).shift(n)

    def px(column: str) -> pl.Expr:
        # The square of a page's height does not fit 32 bits.
        place = pl.col(column).cast(pl.Int64)
        return (place - place.shift(n)) ** 2

    return (
        _same_session(n)
        & (px("x") + px("y") <= RAGE_PX**2)
        & (apart("occurred_at").abs() <= RAGE_WITHIN)
        & (apart("received_at").abs() <= RAGE_RECEIVED_WITHIN)
        & (apart("arrived_at") <= RAGE_RECEIVED_WITHIN)
        & (pl.col("page") == pl.col("page").shift(n))
    )
