"""Experiment: exposures, metrics, and conversions of one in ten, of a few tests."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

from bench.streams.visits import envelopes, skewed

TYPES = {"Exposure": 50, "Metric": 40, "Conversion": 10}
TESTS = 12


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for number, (kind, (_, envelope)) in enumerate(zip(kinds, source, strict=True)):
        beacon = envelope | {
            "event_type": kind,
            "test_id": str(UUID(int=skewed(rnd, TESTS), version=4)),
            "variant_id": rnd.choice(("control", "blue")),
        }
        if kind == "Exposure":
            # Of one phase a visitor has one exposure, so that each is of another.
            beacon |= {"phase": number + 1}
        else:
            beacon |= {"metric": "margin", "value": f"{rnd.randrange(5, 300)}.90"}
        yield beacon
