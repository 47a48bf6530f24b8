"""A slice decoded and checked by the gateway's rules: the transaction's input, which is prepared
while the previous slice is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Self

import polars as pl

from storepulse.agents.screening import offenders
from storepulse.contracts.decoder import decode
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.record_decoder import Bad
from storepulse.contracts.schemas import Schema
from storepulse.slices.consumer import Dead
from storepulse.slices.slice import Slice
from storepulse.streams.orders import without_placeholders

_LATEST_MS = 253_402_300_799_000  # 9999-12-31
#: Columns that identify a record set aside, in the order of `Dead`'s fields.
_IDENTITY = ("_index", "store_id", "event_id", "received_at", "correlation_id")
#: Fields of records that contain an order's number.
ORDER_NUMBERS = ("order_id", "order_name")
NIL_STORE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class DecodedSlice:
    """A decoded slice: a record is either in `frame` or in `dead_records`.

    The frame also has a record's index in the slice (`_index`) and its value's length (`_bytes`).
    """

    slice: Slice
    frame: pl.DataFrame
    dead_records: list[Dead] = field(default_factory=list)

    def mark_dead(self, reasons: dict[int, str]) -> Self:
        """Return the same slice with these records set aside, which the database refused."""
        is_refused = pl.col("_index").is_in(list(reasons))
        dead = [
            Dead(index, "store", "refused by the database", "", reasons[index], *identity)
            for index, *identity in self.frame.filter(is_refused).select(_IDENTITY).rows()
        ]
        return replace(
            self, frame=self.frame.filter(~is_refused), dead_records=self.dead_records + dead
        )

    def cut(self, start: int, stop: int) -> Self:
        """Return the records from index `start` to before `stop`, as their own slice."""
        first, last = (self.frame["_index"].search_sorted(index) for index in (start, stop))
        frame = self.frame[first:last].with_columns(pl.col("_index") - start)
        dead = [
            replace(d, index=d.index - start) for d in self.dead_records if start <= d.index < stop
        ]
        return replace(self, slice=self.slice.cut(start, stop), frame=frame, dead_records=dead)

    def select(self, indexes: Sequence[int]) -> Self:
        """Return the records at these indexes."""
        selected = set(indexes)
        return replace(
            self,
            frame=self.frame.filter(pl.col("_index").is_in(list(indexes))),
            dead_records=[d for d in self.dead_records if d.index in selected],
        )

    def hour_of(self, index: int) -> datetime:
        """Return the hour in which an undecoded record counts, by the broker's time."""
        # Producers can set these times to any 64-bit number.
        ms = min(max(self.slice.timestamps[index], 0), _LATEST_MS)
        moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
        return moment.replace(minute=0, second=0, microsecond=0)


def prepare(piece: Slice, schema: Schema) -> DecodedSlice:
    """Decode a slice by column, and set aside what the gateway would not have written."""
    decoding = decode(schema, piece.values, piece.keys)
    dead = [_dead_of(bad) for bad in decoding.bad]
    frame = without_placeholders(decoding.frame, _order_numbers_of(schema))
    errors = offenders(schema.stream, frame)
    if errors:
        identities = frame[list(errors)].select(_IDENTITY).rows()
        dead += [
            Dead(index, "validate", error.reason, error.field, "", *identity)
            for (index, *identity), error in zip(identities, errors.values(), strict=True)
        ]
        frame = frame.filter(~pl.col("_index").is_in([row[0] for row in identities]))
    sizes = pl.Series("_bytes", [len(value or b"") for value in piece.values], dtype=pl.Int64)
    return DecodedSlice(piece, frame.with_columns(sizes.gather(frame["_index"])), dead)


@cache
def _order_numbers_of(schema: Schema) -> tuple[str, ...]:
    """Return the fields of order numbers that may be null.

    If a stream's events require an order, its rules refuse a placeholder instead.
    """
    own = encoder_of(schema.stream).own_fields
    return tuple(name for name in ORDER_NUMBERS if name in own and name not in schema.key)


def _dead_of(bad: Bad) -> Dead:
    return Dead(
        bad.index,
        "decode" if bad.is_undecodable else "validate",
        bad.reason,
        bad.field,
        bad.message,
        is_undecodable=bad.is_undecodable,
    )
