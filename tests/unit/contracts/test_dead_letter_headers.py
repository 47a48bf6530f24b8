"""How often a record was replayed, read from any headers."""

from __future__ import annotations

import pytest

from storepulse.contracts.dead_letter_headers import replays_of


@pytest.mark.parametrize(
    ("value", "replays"),
    [(b"0", 0), (b"3", 3), (b"-1", 0), (b"", 0), (None, 0), (b"9" * 5_000, 0), ("٣".encode(), 0)],
)
def test_replays_are_read_from_any_header(value: bytes | None, replays: int) -> None:
    headers: list[tuple[str, bytes]] = [("x-storepulse-replays", value)]  # type: ignore[list-item]
    assert replays_of(headers) == replays
    assert replays_of([]) == 0


def test_the_last_count_of_replays_holds() -> None:
    assert replays_of([("x-storepulse-replays", b"1"), ("x-storepulse-replays", b"2")]) == 2
