"""Dead letters of a slice: new letters from its dead records, and the replays among its records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from storepulse.contracts.dead_letter_headers import ReplayMark, replay_of
from storepulse.dead_letters.letter import NewLetter
from storepulse.slices.consumer import Dead
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.slice import Slice


def letters_of_slice(
    piece: Slice, dead: Iterable[Dead], source: SourcePartition, stream: str
) -> dict[int, NewLetter]:
    """The slice's dead records as new letters, by their indexes."""
    return {
        d.index: NewLetter(
            stream=stream,
            stage=d.stage,
            reason=d.reason,
            field=d.field,
            message=d.message,
            topic=source.topic,
            topic_id=source.topic_id,
            partition=source.partition,
            offset=piece.offsets[d.index],
            store_id=d.store_id,
            event_id=d.event_id,
            correlation_id=d.correlation_id,
            received_at=d.received_at,
            key=piece.keys[d.index],
            value=piece.values[d.index],
            headers=piece.headers[d.index],
        )
        for d in dead
    }


def replays_of_slice(piece: Slice, indexes: Sequence[int]) -> dict[int, ReplayMark]:
    """The replays among the records at these indexes.

    Replays are found by their headers. Records of the gateway have none, which is fast to check.
    """
    headers = piece.headers
    if not any(headers):
        return {}
    marks = ((i, replay_of(headers[i])) for i in indexes if headers[i])
    return {i: mark for i, mark in marks if mark is not None}
