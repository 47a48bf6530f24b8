"""Experiment: exposures, conversions and metrics of the stores' running tests, and of others."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import STORES, BodyAndFields, Maker, stated

from storepulse.domain.experiments.exposures import exposure_id, unit_of

TESTS = ("0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506", "1f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506")
#: The test that runs in a store; in the other one it is a test that never was.
TEST_OF = dict(zip(STORES, TESTS, strict=True))
PHASE = 1
VARIANTS = ("control", "blue")


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(("Exposure", "Conversion", "Metric", "Metric"))
    own = TEST_OF[fields["store_id"]]
    if rng.random() < 0.5:
        # Somebody else in the same browser, whom no other stream knows.
        fields["visitor_id"] += f"-{rng.randrange(200)}"
    fields |= {
        "event_type": kind,
        "test_id": own if rng.random() < 0.8 else rng.choice(TESTS),
        "variant_id": _variant_of(rng, fields["visitor_id"]),
    }
    if kind == "Exposure":
        # Mostly the same one again; else another phase, which never was.
        fields["phase"] = PHASE if rng.random() < 0.7 else rng.randrange(2, 2**31)
    if kind == "Metric":
        fields |= {"metric": rng.choice(("margin", "depth")), "value": f"-{rng.randrange(99)}.25"}
    if kind == "Conversion":
        fields |= {
            "value": f"{rng.randrange(99)}.{rng.randrange(100):02}", "currency": "EUR",
            "order_id": f"x-{rng.randrange(10**9)}",
        }  # fmt: skip
    return stated(fields), fields


def _variant_of(rng: Random, visitor_id: str) -> str:
    """Mostly the visitor's own; a few see whichever they get."""
    number = sum(map(int, visitor_id.split("-")[1:]))
    return rng.choice(VARIANTS) if number % 7 == 0 else VARIANTS[number // 2 % 2]


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
    # A robot's exposure would take its visitor out of every figure, and in time all of them.
    has_user_agent=False,
)
