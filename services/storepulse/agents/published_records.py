"""The records that a slice publishes to `events.<stream>` for its fresh events.

Values are the original bytes: nothing is encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from storepulse.contracts.event_headers import CORRELATION_ID, EVENT_ID, headers_of_event
from storepulse.slices.publisher import Headers
from storepulse.slices.slice import Slice

#: Key, value and headers of a record.
PublishedRecord = tuple[bytes | None, bytes | None, Headers]


def event_records(piece: Slice, fresh: pl.DataFrame) -> Iterator[PublishedRecord]:
    """Return the records of a slice's fresh events, in the order of the frame."""
    indexes = fresh["_index"].to_list()
    ids, correlations = (
        fresh[name].cast(pl.String).cast(pl.Binary).to_list() for name in (EVENT_ID, CORRELATION_ID)
    )
    keys, values, headers = piece.keys, piece.values, piece.headers
    return (
        (keys[i], values[i], headers_of_event(event_id, correlation_id, headers[i]))
        for i, event_id, correlation_id in zip(indexes, ids, correlations, strict=True)
    )
