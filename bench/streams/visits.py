"""Who sends the beacons: visits of about twenty events, interleaved, of people who come again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.traffic import store_id, uuid7

STORES = 10
OPEN_VISITS = 400
EVENTS_A_VISIT = 20
#: People of all stores; a visit is one of them, and a few come much more often than others.
PEOPLE = 50_000


def envelopes(
    rnd: Random, since_ms: int, until_ms: int, count: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number of the person, and the envelope of an event of theirs, in order of time."""
    visits = [_visit(rnd) for _ in range(OPEN_VISITS)]
    step = (until_ms - since_ms) / count
    for number in range(count):
        place = int(rnd.random() * OPEN_VISITS)
        if rnd.random() < 1 / EVENTS_A_VISIT:
            visits[place] = _visit(rnd)
        person, session = visits[place]
        now = since_ms + int(number * step)
        yield (
            person,
            {
                "store_id": store_id(person % STORES),
                "session_id": session,
                "visitor_id": f"v-{person:08x}",
                "event_id": uuid7(rnd, now),
                "timestamp": now,
            },
        )


def skewed(rnd: Random, count: int) -> int:
    """A number below `count`; the first tenth comes half of the time."""
    return min(int(rnd.expovariate(7 / count)), count - 1)


def _visit(rnd: Random) -> tuple[int, str]:
    return skewed(rnd, PEOPLE), f"s-{rnd.getrandbits(80):020x}"
