"""Makes one realistic beacon that matches a destination, as a shop's page or server would send it.

Its session is `storepulse-trial`. Unless the destination is tied to a store, the beacon has a store
without a shop, so that no shop's figures change.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from storepulse.domain.errors import Rejected
from storepulse.domain.stores import store_id_of_domain
from storepulse.streams.registry import STREAMS

STORE_NAME = "trial.storepulse.invalid"
SESSION = "storepulse-trial"
#: A browser's, so that the event does not count as a robot's.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def choose(
    streams: Collection[str], types: Collection[str], stream: str | None, kind: str | None
) -> tuple[str, str]:
    """Stream and type of a beacon that matches the filters `streams` and `types`.

    `stream` and `kind`, if given, are required. Raises Rejected if nothing matches.
    """
    if stream is not None and stream not in STREAMS:
        raise Rejected("stream", f"must be one of {', '.join(STREAMS)}")
    known = {name for record in STREAMS.values() for name in record.types.names}
    for record in STREAMS.values():
        if stream not in (None, record.name) or (streams and record.name not in streams):
            continue
        takes_own = record.types.own_column is not None
        own = sorted(set(types) - known) if takes_own else []
        for candidate in (*record.types.names, *own):
            if kind in (None, candidate) and (not types or candidate in types):
                return record.name, candidate
        if takes_own and kind is not None and (not types or kind in types):
            return record.name, kind
    raise Rejected("destination", "its filters let through no event of this stream and type")


def make_beacon(stream: str, kind: str, store_id: str | None, event_id: str) -> dict[str, Any]:
    """The beacon's JSON. `store_id` None: the store without a shop."""
    return STREAMS[stream].sample(
        kind,
        {
            "store_id": store_id or store_id_of_domain(STORE_NAME),
            "session_id": SESSION,
            "event_id": event_id,
            "consent": {"analytics": "granted", "marketing": "granted"},
            "user_agent": USER_AGENT,
        },
    )
