"""What a path says of its events: the fields that their beacons need not state.

`/api/ab-testing/conversion/<test>` says the type and the test. A beacon that states something else
is refused: nobody could say which of the two was meant.
"""

from __future__ import annotations

from typing import Any

from storepulse.adapters.http.endpoint_paths import last_segment
from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import BeaconBatch
from storepulse.gateway.endpoints import Endpoint


def take_stated_fields(endpoint: Endpoint, target: bytes, batch: BeaconBatch) -> None:
    """Fills in what the path says, in the beacons; those that contradict it become bad ones.

    `target` is the path as it was sent. Raises Rejected where the body is one such event.
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
