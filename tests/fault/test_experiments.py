"""Visitors of experiments that are lost, doubled or of the other variant are seen."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from tests.fault.experiments import check_units, tellings_of
from tests.fault.maker import STORES
from tests.fault.streams.experiment import MAKER, PHASE, TEST_OF

STORE = next(iter(STORES))
TEST = TEST_OF[STORE]
DAY = date(2026, 11, 29)


def exposure(visitor: str, variant: str, **more: Any) -> dict[str, Any]:
    return {
        "stream": "experiment", "event_type": "Exposure", "store_id": STORE, "test_id": TEST,
        "phase": PHASE, "visitor_id": visitor, "session_id": "s", "variant_id": variant, **more,
    }  # fmt: skip


EVENTS = [
    exposure("v-1", "control"), exposure("v-2", "blue"), exposure("v-3", "blue"),
    exposure("v-3", "control"), exposure("v-4", "blue", phase=2),
    exposure("v-5", "blue", test_id="another"),
    exposure("v-6", "blue", event_type="Conversion"),
]  # fmt: skip


def tables(control: int, blue: int, multiple: int) -> dict[str, dict[Any, Any]]:
    units = {"control": control, "blue": blue}
    return {
        "ab_rollups": {(STORE, TEST, PHASE, v, DAY): (n,) for v, n in units.items()},
        "ab_phase_counts": {(STORE, TEST, PHASE): (multiple, 0, 0, 0)},
    }


def test_visitors_are_those_of_the_exposures() -> None:
    assert [*check_units(tables(1, 1, 1), EVENTS)] == []


@pytest.mark.parametrize(("counts", "differences"), [
    ((0, 1, 1), 1), ((1, 2, 1), 1), ((2, 1, 0), 2), ((1, 1, 0), 1),
])  # fmt: skip
def test_any_other_count_is_seen(counts: tuple[int, int, int], differences: int) -> None:
    lines = [*check_units(tables(*counts), EVENTS)]
    assert len(lines) == differences
    assert all(line.startswith("experiment: ") for line in lines)


def test_all_tellings_of_an_exposure_are_kept() -> None:
    times = [exposure("v-1", "blue", occurred_at=at, received_at=at, is_bot=False) for at in (2, 1)]
    key = (STORE, "e")
    told = tellings_of([(key, event) for event in times])
    assert [telling["occurred_at"] for telling in told[key]] == [2, 1]


def test_the_load_exposes_visitors_to_one_variant_mostly() -> None:
    rng, seen = Random(7), dict[str, set[str]]()
    for number in range(4_000):
        envelope = {"store_id": STORE, "session_id": "s", "visitor_id": f"v-{number % 16}"}
        _, fields = MAKER.make(rng, envelope | {"occurred_at": 1})
        if fields["event_type"] == "Exposure":
            seen.setdefault(fields["visitor_id"], set()).add(fields["variant_id"])
    several = sum(len(variants) > 1 for variants in seen.values())
    assert 0 < several < len(seen) / 5
    assert set.union(*seen.values()) == {"control", "blue"}
