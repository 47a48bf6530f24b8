"""A slice decoded and held against the gateway's rules: what the transaction needs, made while the
last one is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

import polars as pl

from storepulse.agents.screening import offenders
from storepulse.contracts.decoder import decode
from storepulse.contracts.record_decoder import Bad
from storepulse.contracts.schemas import Schema
from storepulse.slices.consumer import Dead
from storepulse.slices.transport import Slice

_LATEST_MS = 253_402_300_799_000  # 9999-12-31
NIL_STORE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Prepared:
    """A decoded slice. Every record is either in `frame` (column `_index`) or in `dead`."""

    slice: Slice
    frame: pl.DataFrame
    dead: list[Dead] = field(default_factory=list)

    def without(self, reasons: dict[int, str]) -> Self:
        """The same with the records of these places set aside: the database refused them."""
        place = pl.col("_index").is_in(list(reasons))
        told = ("_index", "store_id", "event_id", "received_at", "correlation_id")
        dead = [
            Dead(i, "store", "refused by the database", "", reasons[i], *known)
            for i, *known in self.frame.filter(place).select(told).rows()
        ]
        return replace(self, frame=self.frame.filter(~place), dead=self.dead + dead)

    def cut(self, start: int, stop: int) -> Self:
        """The records from place `start` to before `stop`, as a slice of its own."""
        first, last = (self.frame["_index"].search_sorted(place) for place in (start, stop))
        frame = self.frame[first:last].with_columns(pl.col("_index") - start)
        dead = [replace(d, index=d.index - start) for d in self.dead if start <= d.index < stop]
        return replace(self, slice=self.slice.cut(start, stop), frame=frame, dead=dead)

    def only(self, places: Sequence[int]) -> Self:
        """The part of the slice at these places."""
        keep = set(places)
        return replace(
            self,
            frame=self.frame.filter(pl.col("_index").is_in(list(places))),
            dead=[d for d in self.dead if d.index in keep],
        )

    def hour_of(self, index: int) -> datetime:
        """The hour under which a record that was not decoded counts: the broker's time."""
        # Producers write these times: any 64-bit number may come.
        ms = min(max(self.slice.timestamps[index], 0), _LATEST_MS)
        at = datetime.fromtimestamp(ms / 1000, tz=UTC)
        return at.replace(minute=0, second=0, microsecond=0)


def prepare(piece: Slice, schema: Schema) -> Prepared:
    """Decodes a slice by column, and sets aside what the gateway would not have written."""
    decoded = decode(schema, piece.values, piece.keys)
    dead, frame = [_dead(bad) for bad in decoded.bad], decoded.frame
    found = offenders(schema.stream, frame)
    if found:
        names = ("_index", "store_id", "event_id", "received_at", "correlation_id")
        told = frame[list(found)].select(names).rows()
        dead += [
            Dead(index, "validate", error.reason, error.field, "", *known)
            for (index, *known), error in zip(told, found.values(), strict=True)
        ]
        frame = frame.filter(~pl.col("_index").is_in([row[0] for row in told]))
    return Prepared(piece, frame, dead)


def _dead(bad: Bad) -> Dead:
    return Dead(
        bad.index,
        "decode" if bad.is_undecodable else "validate",
        bad.reason,
        bad.field,
        bad.message,
        undecodable=bad.is_undecodable,
    )
