"""When an ended process is started again, drawn as a table."""

from __future__ import annotations

import pytest

from storepulse.local.restart_policy import next_delay


@pytest.mark.parametrize(
    ("previous", "lived", "delay"),
    [
        (None, 0.1, 1.0),
        (1.0, 0.1, 2.0),
        (2.0, 59.9, 4.0),
        (16.0, 0.1, 30.0),
        (30.0, 0.1, 30.0),
        (30.0, 60.0, 1.0),
    ],
)
def test_waits_double_up_to_thirty_seconds_and_start_over_after_a_healthy_minute(
    previous: float | None, lived: float, delay: float
) -> None:
    assert next_delay(previous, lived) == delay
