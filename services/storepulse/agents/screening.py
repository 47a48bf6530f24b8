"""Column checks for records of a slice that may break the gateway's rules, because almost none do.

The screen may suspect a good record but never passes a bad one. `rules` judges the suspects one by
one. It costs a few percent of a slice's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import polars as pl
from polars import selectors

from storepulse.agents import rules
from storepulse.domain.clients import USER_AGENT_CHARACTERS
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import free_object
from storepulse.streams.reducers import suspicions_of
from storepulse.streams.registry import STREAMS
from storepulse.streams.screen import ID_BYTES, is_no_text, is_not

_SESSION = r"^[A-Za-z0-9_-]+$"
_CORRELATION = r"^[A-Za-z0-9._-]+$"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"
_GROUP = r"[1-9a-f][0-9a-f]{0,3}"
#: IPv6 in its shortest form, in obvious cases.
_IPV6_SHORT = rf"^{_GROUP}(?::{_GROUP})*::(?:{_GROUP}(?::{_GROUP})*)?$"
_IPV6_FULL = rf"^(?:(?:0|{_GROUP}):){{7}}(?:0|{_GROUP})$"
_COLONS = 6
#: A long number, or anything nested.
_ODD_JSON = r"[0-9]{19}|[\[{][^\[{]*[\[{]"
#: Shorter than every object with too many keys.
_PLAIN_JSON_BYTES = 1_000

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def _address(ip: pl.Expr) -> pl.Expr:
    short = ip.str.contains(_IPV6_SHORT) & (ip.str.count_matches(":", literal=True) <= _COLONS)
    full = ip.str.contains(_IPV6_FULL) & ~ip.str.contains("0:0", literal=True)
    return ip.str.contains(_IPV4) | short | full


def _envelope() -> list[pl.Expr]:
    occurred, received = (
        pl.col(name).dt.timestamp("ms") for name in ("occurred_at", "received_at")
    )
    ahead = occurred - received
    return [
        is_not("session_id", _SESSION, 128),
        is_not("correlation_id", _CORRELATION, 64),
        is_no_text("visitor_id", ID_BYTES),
        ~ahead.is_between(-FURTHEST_BACK_MS, FURTHEST_AHEAD_MS),
        ~received.is_between(*rules.CALENDAR, closed="left"),
        ~_address(pl.col("ip")),
        is_no_text("user_agent", USER_AGENT_CHARACTERS),
        is_not("country", "^[A-Z]{2}$", 2),
        is_no_text("bot_reason", rules.SHORT_CHARACTERS),
    ]


@cache
def _screen(stream: str) -> list[pl.Expr]:
    """Cached, because for a small slice making expressions costs as much as evaluating them."""
    conditions = [*_envelope(), *suspicions_of(stream)]
    suspect = pl.any_horizontal(c.fill_null(value=False) for c in conditions)
    return [suspect.alias("suspect")]


def suspects(stream: str, frame: pl.DataFrame) -> list[int]:
    """Return the rows that may break a rule."""
    found = frame.select(_screen(stream)).to_series()
    rows = set(found.arg_true().to_list()) if found.any() else set[int]()
    for name in STREAMS[stream].input.free_form:
        if frame[name].null_count() < frame.height:
            rows.update(_odd_objects(frame[name]))
    return sorted(rows)


def _odd_objects(texts: pl.Series) -> Sequence[int]:
    """Return the rows whose text is not a JSON object that the gateway accepts."""
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
    """Whether a text is an acceptable object. `is_plain`: flat, with few keys and short numbers."""
    try:
        value = _decode_object(text)
        if not is_plain:
            free_object("", value)
    except (msgspec.MsgspecError, RecursionError, Rejected):
        return False
    return bool(value) and "\\u0000" not in text


def offenders(stream: str, frame: pl.DataFrame) -> dict[int, Rejected]:
    """Return the rows that break a rule of the gateway, each with field and reason."""
    rows = suspects(stream, frame)
    if not rows:
        return {}
    times = selectors.datetime().dt.timestamp("ms")
    texts = pl.col(pl.Categorical, pl.Enum).cast(pl.String)
    events = frame[rows].with_columns(times, texts).iter_rows(named=True)
    found = {}
    for row, event in zip(rows, events, strict=True):
        try:
            rules.check(stream, event)
        except Rejected as error:
            found[row] = error
    return found
