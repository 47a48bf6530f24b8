"""Heatmap: the pointers of the agents' bench."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench import traffic
from bench.requests import body_of


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    shape = traffic.Shape(seed=rnd.getrandbits(32))
    for beacon in traffic.beacons(shape, since_ms, until_ms, count):
        yield body_of(beacon, identified=True)
