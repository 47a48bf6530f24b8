"""Limits, and which partitions lie before them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storepulse.retention.rules import (
    Leaf,
    is_too_short,
    limits_of_days,
    select_expired,
    select_touched,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def month(number: int) -> Leaf:
    return Leaf(
        f"m{number}",
        datetime(2026, number, 1, tzinfo=UTC),
        datetime(2026, number + 1, 1, tzinfo=UTC),
    )


LEAVES = [Leaf("default", None, None), *map(month, (6, 7, 8, 9))]


def test_each_kind_has_a_limit_of_its_own_and_0_is_for_ever() -> None:
    found = limits_of_days(NOW, deliveries_days=90, dead_letters_days=0)
    assert found.deliveries == datetime(2026, 8, 28, 12, tzinfo=UTC)
    assert found.dead_letters is None
    found = limits_of_days(NOW, deliveries_days=0, dead_letters_days=1)
    assert (found.deliveries, found.dead_letters) == (None, NOW - timedelta(days=1))


@pytest.mark.parametrize(("days", "short"), [(0, False), (7, True), (8, False), (90, False)])
def test_deliveries_are_kept_at_least_as_long_as_their_events(days: int, short: bool) -> None:
    assert is_too_short(days, timedelta(days=8)) is short


@pytest.mark.parametrize(
    ("before", "looked_at", "dropped"),
    [
        (datetime(2026, 8, 28, tzinfo=UTC), ["default", "m6", "m7", "m8"], ["m6", "m7"]),
        # A partition's end is not part of it.
        (datetime(2026, 8, 1, tzinfo=UTC), ["default", "m6", "m7"], ["m6", "m7"]),
        (datetime(2026, 7, 31, 23, 59, tzinfo=UTC), ["default", "m6", "m7"], ["m6"]),
        (datetime(2026, 1, 1, tzinfo=UTC), ["default"], []),
    ],
)
def test_partitions_before_a_limit(
    before: datetime, looked_at: list[str], dropped: list[str]
) -> None:
    assert [leaf.name for leaf in select_touched(LEAVES, before)] == looked_at
    assert [leaf.name for leaf in select_expired(LEAVES, before)] == dropped
