"""From a signed call to its stream's beacons, and the proofs that beacons bear."""

from __future__ import annotations

from functools import partial
from time import time
from typing import Any

import msgspec

from storepulse.access.store_table import StoreTable
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BadEvent, BeaconBatch, json_of
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.half_surrogates import decode_despite_halves
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.stream import Prove, SignedCall

_decode = msgspec.json.Decoder().decode


def beacons_of_call(endpoint: Endpoint, call: Call, body: bytes) -> bytes:
    """The beacons of a call as the body of its endpoint: the body itself where it is one, empty
    where the call tells none. Raises Rejected."""
    if endpoint.beacons_of is None:
        return body
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.pairs}
    signed = SignedCall(endpoint.path, headers, decode_despite_halves(_decode, body))
    try:
        beacons: list[dict[str, Any]] = endpoint.beacons_of(signed)
        if not beacons:
            return b""
        return msgspec.json.encode(beacons[0] if endpoint.one else {"events": beacons})
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - a form that nobody foresaw must answer, and be seen
        logger().error("call_not_understood", exc_info=error, path=endpoint.path)
        raise Rejected("", "is of a form that cannot be read") from None


def check_proofs(
    prove: Prove, batch: BeaconBatch, key_store: str | None, stores: StoreTable
) -> None:
    """Moves beacons whose proofs do not hold to the bad ones."""
    good: list[AnyBeacon] = []
    indexes: list[int] = []
    for at, beacon in enumerate(batch.beacons):
        store_id = (beacon.store_id or key_store or "").lower()
        index = batch.index_of(at)
        try:
            prove(beacon, partial(stores.secrets_of, store_id), time())
        except Rejected as rejected:
            raw = json_of(beacon)
            batch.bad.append(BadEvent(index, rejected.field, rejected.reason, raw))
        else:
            good.append(beacon)
            indexes.append(index)
    batch.beacons, batch.indexes = good, indexes
