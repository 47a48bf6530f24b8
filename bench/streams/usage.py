"""Usage: a few meters of each store, mostly small quantities."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

METERS = 8


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    for _, envelope in envelopes(rnd, since_ms, until_ms, count):
        del envelope["session_id"], envelope["visitor_id"]
        yield envelope | {
            "meter": f"meter-{skewed(rnd, METERS)}",
            "quantity": rnd.randrange(1, 1_000),
        }
