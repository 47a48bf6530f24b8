"""What a slice publishes: fresh events to `events.<stream>` and dead records to `dlq.<stream>`.

Values are the records' own bytes: nothing is encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from storepulse.agents.dead_letters import dead_letter_headers
from storepulse.agents.preparation import DecodedSlice
from storepulse.contracts.event_headers import CORRELATION_ID, EVENT_ID, event_headers
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.publisher import Headers
from storepulse.slices.slice import Slice

#: With its headers a record must stay below what producer and topics take.
LARGEST_RECORD_BYTES = 900_000

#: Key, value and headers of a record.
PublishedRecord = tuple[bytes | None, bytes | None, Headers]


def event_records(piece: Slice, fresh: pl.DataFrame) -> Iterator[PublishedRecord]:
    """The records of a slice's fresh events, in the order of the frame."""
    indexes = fresh["_index"].to_list()
    ids, correlations = (
        fresh[name].cast(pl.String).cast(pl.Binary).to_list() for name in (EVENT_ID, CORRELATION_ID)
    )
    keys, values, headers = piece.keys, piece.values, piece.headers
    return (
        (keys[i], values[i], event_headers(event_id, correlation_id, headers[i]))
        for i, event_id, correlation_id in zip(indexes, ids, correlations, strict=True)
    )


def dead_letter_records(
    prepared: DecodedSlice, source: SourcePartition
) -> Iterator[PublishedRecord]:
    """The slice's dead letters, but for the largest: these are kept in PostgreSQL alone."""
    piece = prepared.slice
    return (
        (piece.keys[d.index], piece.values[d.index], dead_letter_headers(d, prepared, source))
        for d in prepared.dead
        if piece.size(d.index) <= LARGEST_RECORD_BYTES
    )
