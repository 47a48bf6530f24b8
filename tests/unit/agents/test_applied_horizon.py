"""Up to which moment everything is applied."""

from __future__ import annotations

import pytest

from storepulse.agents.applied_horizon import Ends, covers

ENDS = {("a", 0): 5, ("a", 1): 0, ("b", 0): 7}


@pytest.mark.parametrize(
    ("applied", "is_covered"),
    [
        ({("a", 0): 5, ("b", 0): 9}, True),
        ({("a", 0): 5, ("a", 1): 3, ("b", 0): 6}, False),
        ({("a", 0): 5}, False),
        ({}, False),
    ],
)
def test_each_partition_must_be_applied_up_to_its_end(applied: Ends, *, is_covered: bool) -> None:
    assert covers(applied, ENDS) is is_covered
    assert covers(applied, {})
