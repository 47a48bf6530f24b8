"""Who is refused first when the gateway is busy."""

from __future__ import annotations

import pytest

from storepulse.gateway.shedding import SHARES, room_of
from storepulse.streams.registry import STREAMS


@pytest.mark.parametrize(
    ("priority", "max_in_flight", "expected"),
    [
        ("low", 50_000, 30_000),
        ("normal", 50_000, 40_000),
        ("high", 50_000, 50_000),
        ("low", 10, 6),
        ("normal", 10, 8),
        ("high", 10, 10),
        ("low", 1, 1),
        ("normal", 1, 1),
        ("high", 1, 1),
        ("low", 3, 1),
        ("normal", 3, 2),
        ("unheard-of", 10, 8),
    ],
)
def test_room_by_priority(priority: str, max_in_flight: int, expected: int) -> None:
    assert room_of(priority, max_in_flight) == expected


def test_every_stream_has_a_priority_that_is_known() -> None:
    assert {stream.priority for stream in STREAMS.values()} <= set(SHARES)
