"""Which of a slice's events are new: their ids are claimed in the dedupe window.

Almost all ids are new, and the unique index detects those that are not. So the ids that no recent
slice had are copied straight into the table, at half the cost of checking each: no staging, no
result, one index lookup. If one of them exists after all, the index refuses the copy, it is rolled
back to a savepoint, and all ids are inserted one by one. A wrong guess costs time, never a count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from psycopg.errors import UniqueViolation

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.copying import copy_columns, copy_out_uuids
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.schemas import schema_of
from storepulse.domain.event_keys import EventKeys, Mask, RecentIds, Rows

_LEDGER = named_sql("slices/ledger")
#: The maximum of slices without a guess after wrong guesses in a row.
LONGEST_CAUTION = 64

Crcs = npt.NDArray[np.int32]


class Claims:
    """Claims the ids of one stream's slices through one connection, on one thread.

    `recent` may be shared between threads, because it only serves guesses.
    """

    def __init__(self, recent: RecentIds, stream: str) -> None:
        self._recent = recent
        self._stream_number = schema_of(stream).stream_number
        self._caution = 0
        self._cautious_slices = 0

    def claim(
        self, cursor: psycopg.Cursor[tuple[object, ...]], keys: EventKeys, crcs: Crcs
    ) -> Mask:
        """Insert the ids; return which rows are the first ever of their event."""
        is_fresh = np.zeros(len(crcs), dtype=np.bool_)
        firsts = keys.firsts
        is_known = self._recent.knows(keys.low_words[firsts])
        if self._cautious_slices:
            self._cautious_slices -= 1
        elif not is_known.all():
            guess = firsts[~is_known]
            if self._try_copy(cursor, keys, crcs, guess):
                is_fresh[guess] = True
                firsts = firsts[is_known]
        if len(firsts):
            is_fresh[firsts[self._enter(cursor, keys, crcs, firsts)]] = True
        return is_fresh

    def remember(self, keys: EventKeys) -> None:
        """Note the ids of a committed slice. Before the commit, a retry must find them new."""
        self._recent.remember(keys.low_words[keys.firsts])

    def _try_copy(
        self,
        cursor: psycopg.Cursor[tuple[object, ...]],
        keys: EventKeys,
        crcs: Crcs,
        rows: Rows,
    ) -> bool:
        """Insert these rows' ids if all of them are new, else none; return whether it did."""
        try:
            with cursor.connection.transaction():
                copy_columns(cursor, "event_ids", self._columns_of(keys, crcs, rows))
                reach("agents.after_copy")
        except UniqueViolation:
            self._caution = min(LONGEST_CAUTION, max(1, 2 * self._caution))
            self._cautious_slices = self._caution
            return False
        self._caution //= 2
        return True

    def _enter(
        self,
        cursor: psycopg.Cursor[tuple[object, ...]],
        keys: EventKeys,
        crcs: Crcs,
        rows: Rows,
    ) -> Mask:
        """Insert these rows' ids that are new; return which were."""
        copy_columns(cursor, "stage_ids", self._columns_of(keys, crcs, rows))
        reach("agents.after_copy")
        new = copy_out_uuids(cursor, _LEDGER["claim_ids"], 2)
        all_keys = np.concatenate([keys.event_ids[rows], keys.store_ids[rows]], axis=1)
        is_new: Mask = np.isin(_texts_of(all_keys), _texts_of(new))
        return is_new

    def find_conflicts(
        self,
        cursor: psycopg.Cursor[Any],
        frame: pl.DataFrame,
        keys: EventKeys,
        crcs: Crcs,
        is_fresh: Mask,
    ) -> Mask:
        """Whether each row repeats an event with different content than the first one's."""
        is_conflict: Mask = crcs != crcs[keys.first_of]
        # If the first one was in another slice, only the database knows its content.
        repeats = np.flatnonzero(~is_fresh[keys.first_of])
        if len(repeats):
            is_conflict[repeats] = False
            repeat_frame = frame[repeats]
            terms = {
                "event_ids": repeat_frame["event_id"].to_list(),
                "store_ids": repeat_frame["store_id"].to_list(),
                "crcs": repeat_frame["content_crc"].to_list(),
                "stream_number": self._stream_number,
            }
            ordinals = cursor.execute(_LEDGER["count_conflicts"], terms).fetchall()
            is_conflict[repeats[[ordinal - 1 for (ordinal,) in ordinals]]] = True
        return is_conflict

    def _columns_of(
        self, keys: EventKeys, crcs: Crcs, rows: Rows
    ) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "event_id": keys.event_ids[rows],
            "store_id": keys.store_ids[rows],
            "content_crc": crcs[rows],
            "stream_number": np.full(len(rows), self._stream_number, dtype=np.int16),
        }


def _texts_of(keys: npt.NDArray[np.uint8]) -> npt.NDArray[np.bytes_]:
    """Return each row as one item, for comparison."""
    return np.ascontiguousarray(keys).view(f"S{keys.shape[1]}")[:, 0]
