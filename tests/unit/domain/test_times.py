"""Times as text, which one function writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from storepulse.domain import times
from storepulse.domain.times import utc_text

PACKAGE = Path(times.__file__).parents[1]


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 31, 12, 0, 0, 999_999, UTC), "2026-01-31T12:00:00.999Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6_999, UTC), "2026-01-02T03:04:05.006Z"),
        (datetime(987, 1, 1, tzinfo=UTC), "0987-01-01T00:00:00.000Z"),
        (
            datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            "2025-12-31T23:30:00.000Z",
        ),
    ],
)
def test_times_are_utc_with_milliseconds(at: datetime, text: str) -> None:
    assert utc_text(at) == text


def test_nobody_else_writes_milliseconds() -> None:
    writers = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if 'timespec="milliseconds"' in file.read_text().replace("'", '"')
    }
    assert writers == {"domain/times.py"}
