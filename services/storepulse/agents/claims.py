"""Which of a slice's events are seen for the first time: a claim on ids in the dedupe window.

Almost all ids are new, and the unique index knows. So the ids that no recent slice had are copied
straight into the table, at half the price of asking about each: no staging, no answer, one search
of the index. Where one of them was there after all, the index refuses the copy, it is undone to a
savepoint, and all ids are entered one by one. Guessing costs time where it fails, never a count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.errors import UniqueViolation

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.copying import copy_columns, copy_out_uuids
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.event_keys import EventKeys, Mask, Places, RecentIds

_LEDGER = named_sql("slices/ledger")
#: Slices that are not guessed about after as many wrong guesses in a row, at most.
LONGEST_CAUTION = 64

Crcs = npt.NDArray[np.int32]


class Claims:
    """Claims the ids of one stream's slices through one connection; for one thread.

    `recent` may be shared between threads: it only serves guesses.
    """

    def __init__(self, recent: RecentIds) -> None:
        self._recent = recent
        self._caution = 0
        self._cautious_slices = 0

    def claim(
        self, cursor: psycopg.Cursor[tuple[object, ...]], keys: EventKeys, crcs: Crcs
    ) -> Mask:
        """Enters the ids; which rows are the first of their event, ever."""
        fresh = np.zeros(len(crcs), dtype=np.bool_)
        firsts = keys.firsts
        known = self._recent.knows(keys.low_words[firsts])
        if self._cautious_slices:
            self._cautious_slices -= 1
        elif not known.all():
            guessed = firsts[~known]
            if self._copied(cursor, keys, crcs, guessed):
                fresh[guessed] = True
                firsts = firsts[known]
        if len(firsts):
            fresh[firsts[self._entered(cursor, keys, crcs, firsts)]] = True
        return fresh

    def remember(self, keys: EventKeys) -> None:
        """Call when the slice is committed: tried again, its ids are not yet known."""
        self._recent.remember(keys.low_words[keys.firsts])

    def _copied(
        self,
        cursor: psycopg.Cursor[tuple[object, ...]],
        keys: EventKeys,
        crcs: Crcs,
        rows: Places,
    ) -> bool:
        """Whether these rows' ids were all new; where not, none was entered."""
        try:
            with cursor.connection.transaction():
                copy_columns(cursor, "event_ids", _columns(keys, crcs, rows))
                reach("agents.after_copy")
        except UniqueViolation:
            self._caution = min(LONGEST_CAUTION, max(1, 2 * self._caution))
            self._cautious_slices = self._caution
            return False
        self._caution //= 2
        return True

    def _entered(
        self,
        cursor: psycopg.Cursor[tuple[object, ...]],
        keys: EventKeys,
        crcs: Crcs,
        rows: Places,
    ) -> Mask:
        """Enters these rows' ids where they are new; which ones were."""
        copy_columns(cursor, "stage_ids", _columns(keys, crcs, rows))
        reach("agents.after_copy")
        new = copy_out_uuids(cursor, _LEDGER["claim_ids"], 2)
        asked = np.concatenate([keys.event_ids[rows], keys.store_ids[rows]], axis=1)
        entered: Mask = np.isin(_texts(asked), _texts(new))
        return entered


def _columns(keys: EventKeys, crcs: Crcs, rows: Places) -> dict[str, npt.NDArray[np.generic]]:
    return {
        "event_id": keys.event_ids[rows],
        "store_id": keys.store_ids[rows],
        "content_crc": crcs[rows],
    }


def _texts(keys: npt.NDArray[np.uint8]) -> npt.NDArray[np.bytes_]:
    """Each row as one item that can be compared."""
    return np.ascontiguousarray(keys).view(f"S{keys.shape[1]}")[:, 0]
