"""Which records of a slice may break the gateway's rules: asked by column, since almost none does.

The screen may suspect a good record, never pass a bad one; `rules` judges the suspects one by one.
It costs a few percent of a slice's time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
import polars as pl

from storepulse.agents import rules
from storepulse.domain.clients import USER_AGENT_CHARACTERS
from storepulse.domain.currencies import ABSURD, CURRENCIES
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import URL_CHARACTERS, free_object
from storepulse.streams.cart.beacon import TITLE_CHARACTERS
from storepulse.streams.heatmap.beacon import COORDINATE, MOBILE_BELOW, TABLET_BELOW, TALLEST

_ID = 255
#: Only such names go without a look: others may be right as well.
_URL = r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][^\s\x00-\x20\x7f]*)?$"
_SESSION = r"^[A-Za-z0-9_-]+$"
_CORRELATION = r"^[A-Za-z0-9._-]+$"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"
_GROUP = r"[1-9a-f][0-9a-f]{0,3}"
#: IPv6 in its shortest form, as far as that is plain to see.
_IPV6_SHORT = rf"^{_GROUP}(?::{_GROUP})*::(?:{_GROUP}(?::{_GROUP})*)?$"
_IPV6_FULL = rf"^(?:(?:0|{_GROUP}):){{7}}(?:0|{_GROUP})$"
_COLONS = 6
_LABEL = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_DOMAIN = rf"^{_LABEL}(?:\.{_LABEL})+$"
_LONGEST_LABEL = 63
_EMAIL = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
_PUBLIC_ID = r"^cart-event-[0-9]{1,16}-[0-9a-z]{7}$"
_EVENT_NAME = r"^[A-Za-z0-9 _.-]+$"
_LANDING_PAGE = r"^[A-Za-z0-9_.~:-]+$"
#: A long number, or anything nested.
_ODD_JSON = r"[0-9]{19}|[\[{][^\[{]*[\[{]"
#: Shorter than any object with too many keys.
_PLAIN_JSON_BYTES = 1_000

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def _matches(name: str, pattern: str, most: int, least: int = 1) -> pl.Expr:
    """Whether a column's text is not plainly of a form; `most` characters are at most as many
    bytes."""
    text = pl.col(name)
    return ~(text.str.contains(pattern) & text.str.len_bytes().is_between(least, most))


def _address(ip: pl.Expr) -> pl.Expr:
    short = ip.str.contains(_IPV6_SHORT) & (ip.str.count_matches(":", literal=True) <= _COLONS)
    full = ip.str.contains(_IPV6_FULL) & ~ip.str.contains("0:0", literal=True)
    return ip.str.contains(_IPV4) | short | full


def _free(name: str, most: int) -> pl.Expr:
    text = pl.col(name)
    return ~text.str.len_bytes().is_between(1, most) | text.str.contains("\0", literal=True)


def _outside(name: str, most: int) -> pl.Expr:
    return ~pl.col(name).is_between(0, most)


def _present(*names: str) -> list[pl.Expr]:
    return [pl.col(name).is_not_null() for name in names]


def _money() -> list[pl.Expr]:
    value = pl.col("value")
    return [
        ~value.is_between(0, ABSURD, closed="left"),
        ~pl.col("currency").is_in(sorted(CURRENCIES)),
    ]


def _envelope() -> list[pl.Expr]:
    occurred, received = (
        pl.col(name).dt.timestamp("ms") for name in ("occurred_at", "received_at")
    )
    ahead = occurred - received
    return [
        _matches("session_id", _SESSION, 128),
        _matches("correlation_id", _CORRELATION, 64),
        _free("visitor_id", _ID),
        ~ahead.is_between(-FURTHEST_BACK_MS, FURTHEST_AHEAD_MS),
        ~received.is_between(*rules.CALENDAR, closed="left"),
        ~_address(pl.col("ip")),
        _free("user_agent", USER_AGENT_CHARACTERS),
        _matches("country", "^[A-Z]{2}$", 2),
        _free("bot_reason", rules.SHORT_CHARACTERS),
    ]


def _activity() -> list[pl.Expr]:
    return [
        _matches("page_url", _URL, URL_CHARACTERS),
        _matches("referrer", _URL, URL_CHARACTERS),
        _free("product_id", _ID),
        _free("product_name", 1000),
        _free("search_query", 512),
        pl.col("quantity") < 0,
        *_money(),
    ]


def _heatmap() -> list[pl.Expr]:
    kind, x, y = (pl.col(name) for name in ("kind", "x", "y"))
    width, height = pl.col("viewport_width"), pl.col("document_height")
    device = (
        pl.when(width < MOBILE_BELOW).then(pl.lit("mobile"))
        .when(width < TABLET_BELOW).then(pl.lit("tablet"))
        .otherwise(pl.lit("desktop"))
    )  # fmt: skip
    return [
        _matches("page_url", _URL, URL_CHARACTERS),
        _free("selector", 512),
        *(
            _outside(name, COORDINATE)
            for name in ("x", "viewport_width", "viewport_height", "element_x")
        ),
        *(_outside(name, TALLEST) for name in ("y", "document_height", "element_y")),
        _outside("scroll_depth", 100),
        pl.col("dwell_ms") < 0,
        x > width,
        y > height,
        pl.when(kind == "scroll")
        .then(pl.col("scroll_depth").is_null())
        .otherwise(x.is_null() | y.is_null()),
        width.is_not_null() & (pl.col("device").cast(pl.String) != device),
    ]


def _cart() -> list[pl.Expr]:
    pictures = ("generated_image_url", "person_image_url", "clothing_image_url")
    long_label = pl.col("store_name").str.contains(rf"[^.]{{{_LONGEST_LABEL + 1}}}")
    return [
        _matches("store_name", _DOMAIN, 253) | long_label,
        _matches("public_id", _PUBLIC_ID, 40),
        *(_matches(name, _URL, URL_CHARACTERS) for name in ("product_url", *pictures)),
        *(_free(name, _ID) for name in ("product_id", "variant_id")),
        *(_free(name, _ID) for name in ("customer_first_name", "customer_last_name")),
        _free("product_title", TITLE_CHARACTERS),
        _matches("customer_email", _EMAIL, 254),
    ]


def _landing() -> list[pl.Expr]:
    kind, name = pl.col("event_type").cast(pl.String), pl.col("event_name")
    is_purchase = kind == "Purchase"
    plain = pl.when(kind == "Custom").then(
        ~name.is_in(["PageView", "AddToCart", "Purchase", "WebVitals", "web_vitals"])
    )
    return [
        _matches("event_name", _EVENT_NAME, 64),
        ~plain.otherwise(name == kind),
        _matches("landing_page_id", _LANDING_PAGE, 128),
        pl.col("landing_page_id").is_in([".", ".."]),
        _free("campaign_id", _ID),
        _free("order_id", _ID),
        _free("screen_resolution", 64),
        *_money(),
        ~is_purchase & pl.any_horizontal(_present("value", "currency", "order_id")),
    ]


_SCREENS: dict[str, Callable[[], list[pl.Expr]]] = {
    "activity": _activity,
    "heatmap": _heatmap,
    "cart": _cart,
    "landing": _landing,
}


@cache
def _screen(stream: str) -> list[pl.Expr]:
    """Made once: for a small slice, making expressions costs as much as evaluating them."""
    conditions = [*_envelope(), *_SCREENS[stream]()]
    suspect = pl.any_horizontal(c.fill_null(value=False) for c in conditions)
    return [suspect.alias("suspect")]


def suspects(stream: str, frame: pl.DataFrame) -> list[int]:
    """Rows that may break a rule."""
    found = frame.select(_screen(stream)).to_series()
    rows = set(found.arg_true().to_list()) if found.any() else set[int]()
    for name in rules.JSON_FIELDS:
        if name in frame.columns and frame[name].null_count() < frame.height:
            rows.update(_odd_objects(frame[name]))
    return sorted(rows)


def _odd_objects(texts: pl.Series) -> Sequence[int]:
    """Rows whose text is no JSON object that the gateway takes."""
    rows = texts.is_not_null().arg_true()
    texts = texts.gather(rows)
    plain = ~texts.str.contains(_ODD_JSON) & (texts.str.len_bytes() <= _PLAIN_JSON_BYTES)
    return [
        row
        for row, text, is_plain in zip(
            rows.to_list(), texts.to_list(), plain.to_list(), strict=True
        )
        if not _is_sound(text, is_plain=is_plain)
    ]


def _is_sound(text: str, *, is_plain: bool) -> bool:
    """`is_plain`: flat, with few keys and short numbers."""
    try:
        value = _decode_object(text)
        if not is_plain:
            free_object("", value)
    except (msgspec.MsgspecError, RecursionError, Rejected):
        return False
    return bool(value) and "\\u0000" not in text


def offenders(stream: str, frame: pl.DataFrame) -> dict[int, Rejected]:
    """Rows that break a rule of the gateway, each with the field and the reason."""
    rows = suspects(stream, frame)
    if not rows:
        return {}
    times = pl.col("occurred_at", "received_at").dt.timestamp("ms")
    texts = pl.col(pl.Categorical, pl.Enum).cast(pl.String)
    events = frame[rows].with_columns(times, texts).iter_rows(named=True)
    found = {}
    for row, event in zip(rows, events, strict=True):
        try:
            rules.check(stream, event)
        except Rejected as error:
            found[row] = error
    return found
