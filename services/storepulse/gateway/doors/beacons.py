"""From a signed call to its stream's beacons."""

from __future__ import annotations

from time import time
from typing import Any

import msgspec

from storepulse.access.store_table import StoreTable
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.gateway.call import Call
from storepulse.gateway.doors.door import MISCONFIGURED_SECONDS
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.half_surrogates import decode_despite_halves
from storepulse.streams.stream import SignedCall

_decode = msgspec.json.Decoder().decode


def beacons_of_call(endpoint: Endpoint, call: Call, body: bytes, stores: StoreTable) -> bytes:
    """The beacons of a call as the body of its endpoint: the body itself where it is one, empty
    where the call tells none. Raises Rejected, and RequestRefused 503 where the store lacks a
    secret."""
    if endpoint.beacons_of is None:
        return body
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.pairs}
    key = call.api_key
    store = str(key.store_id) if key is not None and key.store_id is not None else ""
    told = decode_despite_halves(_decode, body)
    signed = SignedCall(
        endpoint.path, headers, told, lambda kind: stores.secrets_of(store, kind), time()
    )
    try:
        beacons: list[dict[str, Any]] = endpoint.beacons_of(signed)
        if not beacons:
            return b""
        return msgspec.json.encode(beacons[0] if endpoint.one else {"events": beacons})
    except Rejected:
        raise
    except Misconfigured as error:
        logger().error("misconfigured", store=store, reason=error.reason, secret=error.setting)
        raise RequestRefused.unavailable(
            f"The call cannot be checked: {error.reason}", "MISCONFIGURED", MISCONFIGURED_SECONDS
        ) from None
    except Exception as error:  # noqa: BLE001 - a form that nobody foresaw must answer, and be seen
        logger().error("call_not_understood", exc_info=error, path=endpoint.path)
        raise Rejected("", "is of a form that cannot be read") from None
