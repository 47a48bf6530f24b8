"""Convert signed calls to beacons, and check the proofs in beacons."""

from __future__ import annotations

from functools import partial
from time import time
from typing import Any

import msgspec

from storepulse.access.store_table import StoreTable
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BadEvent, BeaconBatch, json_of
from storepulse.gateway.doors.door import MISCONFIGURED_SECONDS
from storepulse.gateway.doors.lenient_json import decode_leniently
from storepulse.gateway.endpoints import Endpoint
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.stream import Ignored, Prove, SignedCall

#: The size of an event beyond its beacon's.
_REST_BYTES = 4_096


def beacons_of_call(
    endpoint: Endpoint, call: Call, body: bytes, most_bytes: int
) -> bytes | Ignored:
    """The beacons of a call in the form of the endpoint's body; the body itself if it already is.
    Raises Rejected.

    A beacon above `most_bytes` loses its items' names, and if that is not enough, its items and
    metadata: an order with too many lines is still an order.
    """
    if endpoint.beacons_of is None:
        return body
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.pairs}
    signed = SignedCall(endpoint.path, headers, decode_leniently(body), time())
    try:
        told = endpoint.beacons_of(signed)
        if isinstance(told, Ignored):
            return told
        beacons = [_fitted(beacon, most_bytes) for beacon in told]
        return msgspec.json.encode(beacons[0] if endpoint.one else {"events": beacons})
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - a form that nobody foresaw must answer, and be seen
        logger().error("call_not_understood", exc_info=error, path=endpoint.path)
        raise Rejected("", "is of a form that cannot be read") from None


def _fitted(beacon: dict[str, Any], most_bytes: int) -> dict[str, Any]:
    """The beacon, shortened if its event would be too large."""
    most = most_bytes - _REST_BYTES
    if len(msgspec.json.encode(beacon)) <= most:
        return beacon
    items = beacon.get("items") or []
    nameless = [{name: item[name] for name in item if name != "name"} for item in items]
    shorter = {**beacon, "items": nameless}
    if len(msgspec.json.encode(shorter)) <= most:
        return shorter
    return {name: value for name, value in beacon.items() if name not in ("items", "metadata")}


def check_proofs(
    prove: Prove, batch: BeaconBatch, key_store: str | None, stores: StoreTable
) -> None:
    """Move beacons with invalid proofs to the bad ones.

    Raises RequestRefused 503 if the store lacks the secret that proves them.
    """
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
        except Misconfigured as error:
            logger().error("misconfigured", store=store_id, reason=error.reason)
            message = f"The event cannot be checked: {error.reason}"
            raise RequestRefused.unavailable(
                message, "MISCONFIGURED", MISCONFIGURED_SECONDS
            ) from None
        else:
            good.append(beacon)
            indexes.append(index)
    batch.beacons, batch.indexes = good, indexes
