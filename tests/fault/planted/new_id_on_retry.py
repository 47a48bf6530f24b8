"""A client's second try of an event gets another id than its first."""

from __future__ import annotations

import uuid
from typing import Any

from storepulse import cli
from storepulse.gateway.encoding.enveloper import Enveloper

_encode_all = Enveloper.encode_all
_seen: set[str] = set()


def encode_all(self: Any, beacons: Any, *rest: Any) -> Any:
    beacons = list(beacons)
    for beacon in beacons:
        given = beacon.event_id or beacon.idempotency_key
        if given in _seen:
            beacon.event_id = str(uuid.uuid4())
        elif given is not None:
            _seen.add(given)
    return _encode_all(self, beacons, *rest)


if __name__ == "__main__":
    Enveloper.encode_all = encode_all  # type: ignore[method-assign]
    cli.main()
