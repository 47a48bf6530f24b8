"""What clients sent must not reach a terminal as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storepulse.cli.tail import TailFilter, as_line, printable, store_id
from storepulse.streams.event_type import type_of
from storepulse.streams.registry import STREAMS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Größe 👗 日本", "Größe 👗 日本"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("zero\u200bwidth \u2066x\u2069", "zero\\u200bwidth \\u2066x\\u2069"),
        ("\x9b31m \u2028", "\\x9b31m \\u2028"),
    ],
)
def test_controls_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def record(value: Any, **headers: str) -> dict[str, Any]:
    return {
        "topic": "events.activity.v1", "partition": 0, "offset": 3, "headers": headers,
        "value": value,
    }  # fmt: skip


EVENT = {
    "store_id": "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d",
    "activity_type": "search",
    "search_query": "\x1b]0;title\x07",
    "received_at": datetime(2026, 11, 21, 7, 8, 9, tzinfo=UTC),
    "quantity": None,
}


def test_an_event_is_one_safe_line() -> None:
    line = as_line(record(EVENT))
    assert line.startswith("07:08:09 activity search")
    assert "search_query=\\x1b]0;title\\x07" in line
    assert line.isprintable()


def test_what_was_refused_shows_its_reason() -> None:
    line = as_line(record("{\x00", reason="is negative", field="quantity"))
    assert "[quantity: is negative]" in line
    assert line.isprintable()


def test_filters() -> None:
    found = record(EVENT)
    assert TailFilter(None, None).matches(found)
    assert TailFilter(str(EVENT["store_id"]), "search").matches(found)
    assert not TailFilter("other", None).matches(found)
    assert not TailFilter(None, "purchase").matches(found)
    assert not TailFilter(None, "purchase").matches(record("not an event"))


@pytest.mark.parametrize(
    ("stream", "kind"), [(s.name, kind) for s in STREAMS.values() for kind in s.types.names]
)
def test_every_type_of_every_stream_is_shown_and_found_by_its_name(stream: str, kind: str) -> None:
    column = STREAMS[stream].types.column
    found = record(EVENT | ({} if column is None else {column: kind}))
    found["topic"] = f"events.{stream}.v1"
    assert as_line(found).startswith(f"07:08:09 {stream:<8} {kind} ")
    assert TailFilter(None, kind).matches(found)
    assert not TailFilter(None, "another").matches(found)


def test_stores_and_names_of_their_own() -> None:
    assert type_of("landing", {"event_type": "Custom", "event_name": "quiz"}) == "quiz"
    assert type_of("landing", {"event_type": "PageView", "event_name": "page_view"}) == "PageView"
    assert type_of("nothing", {"event_type": "paid"}) == ""
    assert store_id("demo-birch") == store_id("https://demo-birch.myshopify.com/cart")
    assert store_id(str(EVENT["store_id"]).upper()) == EVENT["store_id"]
