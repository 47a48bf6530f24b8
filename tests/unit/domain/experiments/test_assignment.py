"""Draws of variants: the same as others compute them, sticky, even, and cheap."""

from __future__ import annotations

from collections import Counter
from time import process_time
from typing import Any
from uuid import uuid4

import pytest
from tests.unit.domain.experiments.assignment_vectors import vectors

from storepulse.domain.experiments import assignment
from storepulse.domain.experiments.definition import ExclusiveGroup

TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"


@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["id"])
def test_draws_are_those_that_others_compute(case: dict[str, Any]) -> None:
    said, expected = case["input"], case["expect"]
    test_id, phase, unit = said["test_id"], said["phase"], said["unit"]
    texts = {
        "include": f"in:{test_id}:{unit}",
        "variant": f"var:{test_id}:{phase}:{unit}",
        "group": f"grp:{said['group_id']}:{unit}",
    }
    for name, text in texts.items():
        assert assignment.hash_of(text) == expected[f"{name}_hash"]
        assert assignment.bucket_of(text) == expected[f"{name}_bucket"]
    bounds = assignment.bounds_of(said["weights_bp"])
    group = ExclusiveGroup(said["group_id"], said["group_from"], said["group_to"])
    assert assignment.is_included(test_id, said["traffic_bp"], unit) is expected["included"]
    assert assignment.variant_index(test_id, phase, bounds, unit) == expected["variant_index"]
    assert assignment.is_in_group(group, unit) is expected["in_group"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("v:\ud800", "v:\ufffd"),
        ("v:\udc00x", "v:\ufffdx"),
        ("v:\ud800\ud800", "v:\ufffd\ufffd"),
        # Two halves that came apart are the character that they are of.
        ("v:" + chr(0xD83D) + chr(0xDE00), "v:\U0001f600"),
        ("v:\ud83d\ud83d\ude00", "v:\ufffd\U0001f600"),
    ],
)
def test_half_a_character_counts_as_the_replacement_character(text: str, same: str) -> None:
    assert assignment.hash_of(text) == assignment.hash_of(same)


def test_texts_are_not_normalised() -> None:
    assert assignment.hash_of("v:Zoe\u0308") != assignment.hash_of("v:Zo\u00eb")


def test_weights_and_shares_are_kept_at_both_ends() -> None:
    units = [f"v:{number}" for number in range(2_000)]
    for weights, only in (((0, 10_000), 1), ((10_000, 0), 0), ((0, 10_000, 0), 1)):
        bounds = assignment.bounds_of(weights)
        assert {assignment.variant_index(TEST, 1, bounds, unit) for unit in units} == {only}
    assert all(assignment.is_included(TEST, 10_000, unit) for unit in units)
    assert not any(assignment.is_included(TEST, 0, unit) for unit in units)


def test_a_range_ends_before_its_bound() -> None:
    group, variant, share = (
        assignment.bucket_of(f"{draw}:v:a") for draw in ("grp:g", f"var:{TEST}:1", f"in:{TEST}")
    )
    assert assignment.variant_index(TEST, 1, (variant, 10_000), "v:a") == 1
    assert assignment.variant_index(TEST, 1, (variant + 1, 10_000), "v:a") == 0
    assert not assignment.is_included(TEST, share, "v:a")
    assert assignment.is_included(TEST, share + 1, "v:a")
    assert assignment.is_in_group(ExclusiveGroup("g", group, group + 1), "v:a")
    assert not assignment.is_in_group(ExclusiveGroup("g", 0, group), "v:a")
    assert not assignment.is_in_group(ExclusiveGroup("g", group + 1, 10_000), "v:a")


def test_visitors_are_shared_out_by_weight() -> None:
    bounds = assignment.bounds_of((7_000, 2_000, 1_000))
    got = Counter(assignment.variant_index(TEST, 1, bounds, f"v:{n}") for n in range(50_000))
    expected = (35_000, 10_000, 5_000)
    chi = sum((got[index] - wanted) ** 2 / wanted for index, wanted in enumerate(expected))
    assert chi < 13.8  # p = 0.001 with two degrees of freedom


def test_who_takes_part_goes_on_to_when_the_share_is_raised() -> None:
    units = [f"v:{number}" for number in range(5_000)]
    before = {unit for unit in units if assignment.is_included(TEST, 1_000, unit)}
    after = {unit for unit in units if assignment.is_included(TEST, 3_000, unit)}
    assert before < after


def test_tests_of_a_group_share_nobody() -> None:
    one, other = ExclusiveGroup("g", 0, 5_000), ExclusiveGroup("g", 5_000, 10_000)
    for number in range(2_000):
        unit = f"v:{number}"
        assert assignment.is_in_group(one, unit) is not assignment.is_in_group(other, unit)


def test_a_draw_takes_less_than_20_microseconds() -> None:
    units, bounds = [f"v:{uuid4()}" for _ in range(20_000)], assignment.bounds_of([5_000, 5_000])
    group = ExclusiveGroup("g", 0, 10_000)
    started = process_time()
    for unit in units:
        assignment.is_in_group(group, unit)
        assignment.is_included(TEST, 10_000, unit)
        assignment.variant_index(TEST, 1, bounds, unit)
    assert (process_time() - started) / len(units) < 20e-6
