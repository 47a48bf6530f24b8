"""A slice decoded and checked: what the transaction needs, made while the last one is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl

from storepulse.adapters.faust_slices import Slice
from storepulse.adapters.settings import Settings
from storepulse.contracts.decoder import Bad, decode
from storepulse.contracts.schemas import Schema

_LATEST_MS = 253_402_300_799_000  # 9999-12-31
NIL_STORE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Dead:
    """A record to set aside: its place in the slice, and why."""

    index: int
    stage: str
    reason: str
    field: str = ""
    message: str = ""
    store_id: str | None = None
    event_id: str | None = None


@dataclass(frozen=True)
class Prepared:
    """A decoded slice. Every record is either in `frame` (column `_index`) or in `dead`."""

    slice: Slice
    frame: pl.DataFrame
    dead: list[Dead] = field(default_factory=list)

    def without(self, reasons: dict[int, str]) -> Prepared:
        """The same with the records of these places set aside: the database refused them."""
        place = pl.col("_index").is_in(list(reasons))
        refused = self.frame.filter(place).select("_index", "store_id", "event_id").rows()
        dead = [
            Dead(i, "store", "refused by the database", "", reasons[i], store, event)
            for i, store, event in refused
        ]
        return replace(self, frame=self.frame.filter(~place), dead=self.dead + dead)

    def hour_of(self, index: int) -> datetime:
        """The hour under which a record that was not decoded counts: the broker's time."""
        # Producers write these times: any 64-bit number may come.
        ms = min(max(self.slice.timestamps[index], 0), _LATEST_MS)
        at = datetime.fromtimestamp(ms / 1000, tz=UTC)
        return at.replace(minute=0, second=0, microsecond=0)


def mostly_bad(prepared: Prepared, settings: Settings) -> bool:
    """Whether so much of a slice is bad that a deployment is to blame, not the records."""
    bad = len(prepared.dead)
    if bad < settings.dead_letter_halt_minimum:
        return False
    return bad / len(prepared.slice.offsets) > settings.dead_letter_halt_ratio


def prepare(piece: Slice, schema: Schema) -> Prepared:
    """Decodes a slice by column; ids in lower case, as PostgreSQL gives them back."""
    decoded = decode(schema, piece.values, piece.keys)
    ids = pl.col("event_id", "store_id").str.to_lowercase()
    return Prepared(piece, decoded.frame.with_columns(ids), [_dead(bad) for bad in decoded.bad])


def _dead(bad: Bad) -> Dead:
    return Dead(bad.index, "decode", bad.reason, bad.field, bad.message)
