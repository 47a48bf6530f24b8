"""Fields that a path states for its events, so that beacons need not.

`/api/ab-testing/conversion/<test>` states the type and the test. A beacon that states another value
is refused, because it is unclear which one is meant.
"""

from __future__ import annotations

from typing import Any

from storepulse.adapters.http.endpoint_paths import last_segment
from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import BeaconBatch
from storepulse.gateway.endpoints import Endpoint


def take_stated_fields(endpoint: Endpoint, target: bytes, batch: BeaconBatch) -> None:
    """Fill the path's fields into the beacons; contradicting beacons become bad ones.

    `target` is the raw path. Raises Rejected if the body is a single such event.
    """
    if not endpoint.states and endpoint.parameter is None:
        return
    said = dict(endpoint.states)
    if endpoint.parameter is not None:
        said[endpoint.parameter] = last_segment(target)
    good: list[int] = []
    for at, beacon in enumerate(batch.beacons):
        try:
            _fill(beacon, said)
        except Rejected as rejected:
            if batch.is_one:
                raise
            batch.bad.append(batch.bad_event(at, rejected))
        else:
            good.append(at)
    if len(good) < len(batch.beacons):
        batch.indexes = [batch.index_of(at) for at in good]
        batch.beacons = [batch.beacons[at] for at in good]


def _fill(beacon: Any, said: dict[str, str]) -> None:
    for name, value in said.items():
        stated = getattr(beacon, name)
        if not stated:
            setattr(beacon, name, value)
        elif stated.lower() != value.lower():
            raise Rejected(name, "is not what the path says")
