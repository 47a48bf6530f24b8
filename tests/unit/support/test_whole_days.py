"""Tests of a day's figures begin early enough to end in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.whole_days import begin_in_a_day

DAY = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "slept", "begun"),
    [
        (DAY, 0, DAY),
        (DAY + timedelta(hours=23, minutes=58), 0, DAY),
        (DAY + timedelta(hours=23, minutes=59), 60.1, DAY + timedelta(days=1)),
    ],
)
def test_the_last_seconds_of_a_day_are_waited_for(
    at: datetime, slept: float, begun: datetime
) -> None:
    moment = [at]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        moment[0] += timedelta(seconds=seconds)

    assert begin_in_a_day(90, lambda: moment[0], sleep) == begun
    assert sum(waits) == pytest.approx(slept)
