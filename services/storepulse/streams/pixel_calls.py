"""Which pixels were called for which purchase, as the tracker reports afterwards.

The report is the custom activity `pixels_called` with metadata such as
`{"event": "purchase", "event_id": "purchase:1001", "order_id": "1001", "pixels": ["meta"]}`. A
purchase is identified by the text that all platforms get: `purchase:` and the order's bare number,
else the event's id. Purchases without a number have their own row here with an empty pixel; those
of orders are in `orders`. Unknown pixels are dropped.

There is one row per purchase and pixel, so reports may arrive in any order, repeatedly and in any
slices. The upsert is in `pixel_calls.sql`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import polars as pl

from storepulse.streams.beacon import trimmed_id
from storepulse.streams.kept_names import PIXELS_CALLED
from storepulse.streams.order_numbers import ORDER_CHARACTERS, bare_number, is_order_number

#: The statement and the staged table.
PIXEL_CALLS = "pixel_calls"
#: The known pixels.
PIXELS = ("google", "meta")
#: Prefix of an order's number in the text that all platforms get.
ORDER_MARK = "purchase:"
#: The pixel in the row of a purchase without an order's number.
NO_PIXEL = ""

#: Above this, JSON numbers are not exact in every language.
_MOST = 2**53
_KEY = ("store_id", "purchase", "pixel")
_is_event_id = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class _CallMetadata(msgspec.Struct, gc=False):
    event: Any = None
    event_id: Any = None
    order_id: Any = None
    pixels: Any = None


_metadata = msgspec.json.Decoder(_CallMetadata)


def called_pixels(customs: pl.DataFrame) -> pl.LazyFrame | None:
    """Return the calls reported by custom activity, a row each; None if there are none."""
    told = customs.filter(pl.col("name") == PIXELS_CALLED)
    if not told.height:
        return None
    stores, purchases, pixels, robots = [], [], [], []
    for store, text, is_bot in told.select("store_id", "metadata", "is_bot").iter_rows():
        purchase, called = calls_of(text)
        for pixel in called:
            stores.append(store)
            purchases.append(purchase)
            pixels.append(pixel)
            robots.append(is_bot)
    if not stores:
        return None
    calls = {
        "store_id": pl.Series(stores, dtype=told.schema["store_id"]),
        "purchase": pl.Series(purchases, dtype=pl.String),
        "pixel": pl.Series(pixels, dtype=pl.String),
        "is_bot": pl.Series(robots, dtype=pl.Boolean),
    }
    return (
        pl.LazyFrame(calls)
        .group_by(_KEY)
        .agg(pl.col("is_bot").min())
        .with_columns(day=pl.lit(None, pl.Date))
    )


def unnumbered_purchases(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each purchase without an order; `sales` are only those, with `day`."""
    return sales.select(
        "store_id",
        pl.col("event_id").cast(pl.String).alias("purchase"),
        pl.lit(NO_PIXEL).alias("pixel"),
        "is_bot",
        "day",
    )


def calls_of(text: str | None) -> tuple[str, list[str]]:
    """Return the purchase and the pixels in an event's free-form fields.

    Empty if they contain no valid purchase.
    """
    if not text:
        return "", []
    try:
        said = _metadata.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        return "", []
    if said.event != "purchase" or not isinstance(said.pixels, list):
        return "", []
    named = {pixel for pixel in said.pixels if isinstance(pixel, str)}
    purchase = _purchase_of(said)
    return purchase, [pixel for pixel in PIXELS if pixel in named] if purchase else []


def _purchase_of(said: _CallMetadata) -> str:
    """Prefer the order to the id, because an order may be reported under several numbers."""
    order, event_id = said.order_id, said.event_id
    if isinstance(order, int) and not isinstance(order, bool) and abs(order) < _MOST:
        order = str(order)
    if not isinstance(order, str) and isinstance(event_id, str):
        order = event_id.removeprefix(ORDER_MARK) if event_id.startswith(ORDER_MARK) else None
    if isinstance(order, str) and (number := _number_of(order)):
        return f"{ORDER_MARK}{number}"
    if isinstance(event_id, str) and _is_event_id(event_id.lower()):
        return event_id.lower()
    return ""


def _number_of(stated: str) -> str:
    """Return the bare number; empty if it is invalid by the gateway's rules for purchases."""
    number = trimmed_id(stated)
    if number is None or len(number) > ORDER_CHARACTERS or "\x00" in number:
        return ""
    return bare_number(number) if is_order_number(number) else ""
