"""Moves of a test, what begins a phase, and what a phase freezes."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest
from msgspec.structs import replace

from storepulse.domain.experiments.definition import (
    DEFAULT_N_STAR,
    Definition,
    ExclusiveGroup,
    Metric,
    Status,
    Variant,
)
from storepulse.domain.experiments.freezing import cap_of, freeze, n_star_of
from storepulse.domain.experiments.life_cycle import (
    Move,
    begins_phase,
    raises_traffic_alone,
    reason_against,
    status_after,
)

#: Written by hand: from each status, what may be done and what comes of it.
ALLOWED = {
    "draft": {"start": "running", "edit": "draft", "delete": "draft"},
    "running": {"pause": "paused", "complete": "completed", "edit": "running"},
    "paused": {
        "start": "running", "resume": "running", "complete": "completed", "edit": "paused"
    },
    "completed": {"archive": "archived"},
    "archived": {},
}  # fmt: skip

TEST = Definition(
    variants=(Variant("a", "A", 5000, is_control=True), Variant("b", "B", 5000)),
    metrics=(Metric("m", "sum", "purchase", "EUR", auto_cap=True), Metric("n", "binary", "search")),
    primary_metric="m",
    traffic=5000,
)


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("move", get_args(Move))
def test_every_move_from_every_status(status: Status, move: Move) -> None:
    assert status_after(status, move) == ALLOWED[status].get(move)


def test_a_refusal_says_what_it_wants() -> None:
    assert reason_against("completed", "pause") == (
        "is completed and cannot be paused: that requires running"
    )
    assert reason_against("running", "start") == (
        "is running and cannot be started: that requires draft or paused"
    )


@pytest.mark.parametrize(
    ("new", "begins", "raises"),
    [
        (TEST, False, False),
        (replace(TEST, power=0.9, baseline_rate=0.1, relative_effect=0.2), False, False),
        (replace(TEST, traffic=5001), False, True),
        (replace(TEST, traffic=5001, power=0.9), False, True),
        (replace(TEST, traffic=4999), True, False),
        (replace(TEST, traffic=5001, alpha=0.1), True, False),
        (replace(TEST, n_star=1000), True, False),
        (replace(TEST, window_hours=1), True, False),
        (replace(TEST, group=ExclusiveGroup("g", 0, 1)), True, False),
        (replace(TEST, primary_metric="n"), True, False),
    ],
)
def test_what_begins_a_phase(new: Definition, begins: bool, raises: bool) -> None:
    assert begins_phase(TEST, new) is begins
    assert raises_traffic_alone(TEST, new) is raises


@pytest.mark.parametrize(
    ("changes", "visitors", "expected"),
    [
        ({}, 0, DEFAULT_N_STAR),
        ({}, 100_000, 50_000),
        ({"traffic": 10_000}, 100_000, 100_000),
        ({"group": ExclusiveGroup("g", 1000, 2000)}, 100_000, 5_000),
        ({}, 10, 1_000),
        ({}, 10**9, 1_000_000),
        ({"n_star": 123}, 100_000, 123),
        # The pair of control and the smallest variant that has visitors.
        (
            {
                "variants": (
                    Variant("a", "A", 6000, is_control=True), Variant("b", "B", 3000),
                    Variant("c", "C", 1000), Variant("d", "D", 0),
                )
            },
            100_000,
            35_000,
        ),
    ],
)  # fmt: skip
def test_the_planned_number(changes: dict[str, object], visitors: int, expected: int) -> None:
    assert n_star_of(replace(TEST, **changes), visitors) == expected


@pytest.mark.parametrize(
    ("buyers", "quantile", "cap"),
    [
        (200, Decimal("9.5"), Decimal("9.5")),
        (199, Decimal("9.5"), None),
        (0, None, None),
        (200, Decimal(0), None),
    ],
)
def test_an_automatic_cap_wants_enough_buyers(
    buyers: int, quantile: Decimal | None, cap: Decimal | None
) -> None:
    assert cap_of(buyers, quantile) == cap


def test_a_frozen_definition_leaves_nothing_open() -> None:
    settings = freeze(TEST, 7_000, {"m": Decimal(99)})
    assert (settings.n_star, [metric.cap for metric in settings.metrics]) == (
        7_000, [Decimal(99), None]
    )  # fmt: skip
    assert replace(settings, n_star=None, metrics=TEST.metrics) == TEST
