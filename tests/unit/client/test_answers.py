"""What answers mean, which events go together, and how events become bytes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from storepulse.client.answers import AnswerVerdict, seconds_to_wait, verdict_of
from storepulse.client.batches import MOST_BODY_BYTES, PATHS, batches_of
from storepulse.client.encoding import (
    QueuedEvent,
    encoded_event,
    milliseconds_of,
    new_event_id,
)
from storepulse.client.settings import ClientSettings, fault_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Size(Enum):
    LARGE = "l"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "taken"), (202, "taken"), (301, "kept"), (402, "kept"), (408, "kept"), (429, "kept"),
        (500, "kept"), (502, "kept"), (599, "kept"), (400, "refused"), (401, "refused"),
        (403, "refused"), (404, "refused"), (413, "too_large"), (422, "refused"),
    ],
)  # fmt: skip
def test_each_status_has_its_outcome(status: int, outcome: str) -> None:
    assert verdict_of(status, {}, b"<html>", NOW).outcome == outcome


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7), ("0", 0), ("99999999999", 3600), ("", None), ("soon", None), ("-1", None),
        ("٣", None), ("Sun, 01 Mar 2026 12:00:30 GMT", 30), ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 3600),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert seconds_to_wait(text, NOW) == seconds


def test_refused_events_are_found_in_both_forms_of_answers() -> None:
    one = {"rejected": [{"index": 2, "field": "y", "reason": "is bad"}, "odd"]}
    cart = {"data": {"results": [
        {"index": 0, "status": "success"},
        {"index": 1, "status": "error", "field": "productUrl", "reason": "is not a URL"},
    ]}}  # fmt: skip
    assert verdict_of(202, {}, json.dumps(one).encode(), NOW).refused == ((2, "y: is bad"),)
    assert verdict_of(200, {}, json.dumps(cart).encode(), NOW).refused == (
        (1, "productUrl: is not a URL"),
    )
    assert verdict_of(202, {}, b"[" * 100_000, NOW) == AnswerVerdict("taken", 202)


def test_batches_keep_the_order_and_the_limits() -> None:
    events = [
        QueuedEvent("bot" if n % 3 else "cart", str(n), b"{}" if n % 50 else b"x" * 60_000)
        for n in range(400)
    ]
    batches = batches_of(events, 100)
    assert {batch.path for batch in batches} == {PATHS["bot"], PATHS["cart"]}
    for stream in ("bot", "cart"):
        sent = [e for batch in batches if batch.path == PATHS[stream] for e in batch.events]
        assert sent == [event for event in events if event.stream == stream]
    assert max(len(batch.events) for batch in batches) == 100
    assert max(len(batch.body) for batch in batches) <= MOST_BODY_BYTES + 100
    first, second = batches[0].halves()
    assert first.events + second.events == batches[0].events


def test_values_have_the_form_that_the_gateway_reads() -> None:
    fields: dict[str, Any] = {
        "amount": Decimal("49.90"), "at": NOW, "on": date(2026, 3, 1), "size": Size.LARGE,
        "id": UUID(int=1), "tags": {"a"}, "pair": (1, 2), "text": "Ä",
    }  # fmt: skip
    assert json.loads(encoded_event(fields)) == {
        "amount": "49.90", "at": "2026-03-01T12:00:00+00:00", "on": "2026-03-01", "size": "l",
        "id": "00000000-0000-0000-0000-000000000001", "tags": ["a"], "pair": [1, 2], "text": "Ä",
    }  # fmt: skip
    assert encoded_event({"text": "cut \ud83d"}) == b'{"text":"cut ?"}'
    assert b"\n" not in encoded_event({"text": "a\nb"})


@pytest.mark.parametrize(
    "value", [float("nan"), object(), {(1, 2): 3}, "x" * 70_000, lambda: 0, b"bytes"]
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encoded_event({"metadata": value})


def test_times_are_seconds_milliseconds_or_datetimes_with_a_zone() -> None:
    at = 1_772_366_400_123
    assert milliseconds_of(at) == at
    assert milliseconds_of(at / 1000) == at
    assert milliseconds_of(datetime.fromtimestamp(at // 1000, UTC)) == at // 1000 * 1000
    east = NOW.astimezone(timezone(timedelta(hours=3)))
    assert milliseconds_of(east) == milliseconds_of(NOW)
    for bad in (datetime(2026, 3, 1), "now", True, None):  # noqa: DTZ001 - it has no zone
        with pytest.raises((TypeError, ValueError)):
            milliseconds_of(bad)


def test_ids_are_new_and_sorted_by_time() -> None:
    ids = [new_event_id(1_772_366_400_000 + number) for number in range(100)]
    assert ids == sorted(set(ids))
    assert {UUID(text).version for text in ids} == {7}


@pytest.mark.parametrize(
    ("url", "key", "names"),
    [
        ("https://a.example", "ssk_a", None), ("http://127.0.0.1:8080/x", "ssk_a", None),
        ("", "ssk_a", "url"), ("a.example", "ssk_a", "url"), ("ftp://a", "ssk_a", "url"),
        ("https://a:b", "ssk_a", "url"), ("https://[", "ssk_a", "url"),
        ("https://a.example", "", "key"), ("https://a.example", "ssk_…", "key"),
        ("https://a.example", "ssk\r\nx: y", "key"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(url: str, key: str, names: str | None) -> None:
    fault = fault_of(ClientSettings(url, key))
    assert (fault is None) if names is None else (fault or "").startswith(names)
