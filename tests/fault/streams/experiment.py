"""Experiment: exposures, conversions and metrics of a few tests."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, stated

from storepulse.domain.experiments.exposures import exposure_id, unit_of

TESTS = ("0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506", "1f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506")


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("Exposure", "Conversion", "Metric", "Metric"))
    fields |= {
        "event_type": kind, "test_id": rng.choice(TESTS),
        "variant_id": rng.choice(("control", "blue")),
    }  # fmt: skip
    if kind == "Exposure":
        # Each is told anew: another phase, another exposure.
        fields["phase"] = rng.randrange(1, 2**31)
    if kind == "Metric":
        fields |= {"metric": rng.choice(("margin", "depth")), "value": f"-{rng.randrange(99)}.25"}
    if kind == "Conversion":
        fields |= {
            "value": f"{rng.randrange(99)}.{rng.randrange(100):02}", "currency": "EUR",
            "order_id": f"x-{rng.randrange(10**9)}",
        }  # fmt: skip
    return stated(fields), fields


def derived_id(fields: dict[str, Any]) -> str | None:
    if fields["event_type"] != "Exposure":
        return None
    unit = unit_of(fields["visitor_id"], fields["session_id"])
    said = (fields["test_id"], fields["phase"], unit, fields["variant_id"])
    return exposure_id(fields["store_id"], *said)


MAKER = Maker(
    make=make,
    derived_id=derived_id,
    conflict=("value", "value", "1000.0000"),
    mistakes=(("test_id", "checkout"), ("variant_id", "a b"), ("phase", 0), ("value", "1.23456")),
    path="/api/ab-testing/events",
    batch_path="/api/ab-testing/events",
)
