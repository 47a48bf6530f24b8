"""The identity of an event within a stream: event id and store, as columns of bytes.

Ids arrive as text. Each use of a text costs a Python object or a hash of 72 characters. As 32
contiguous bytes, a slice's ids are compared, sorted and sent to the database at once.
"""

from __future__ import annotations

from binascii import unhexlify
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

#: The positions without a hyphen in a UUID's text.
_DIGITS = np.array([index for index in range(36) if index not in (8, 13, 18, 23)])


@dataclass(frozen=True)
class EventKeys:
    """The keys of a slice's events, by row.

    `event_ids` and `store_ids` are n by 16 bytes. `firsts` are the rows with the first copy of each
    key in the slice, sorted by key like uuids in PostgreSQL. `first_of` is, for each row, the row
    of its first copy.
    """

    event_ids: npt.NDArray[np.uint8]
    store_ids: npt.NDArray[np.uint8]
    firsts: Rows
    first_of: Rows

    @property
    def low_words(self) -> Words:
        """The last 8 bytes of each event id: 62 random bits, whatever its version."""
        return self.event_ids.view(">u8")[:, 1].astype(np.uint64)


def event_keys(frame: pl.DataFrame) -> EventKeys:
    """The keys of a frame with `event_id` and `store_id` in the canonical form of UUIDs."""
    events, stores = _bytes_of(frame["event_id"]), _bytes_of(frame["store_id"])
    if not frame.height:
        nothing = np.empty(0, dtype=np.intp)
        return EventKeys(events, stores, nothing, nothing)
    words = np.concatenate([events.view(">u8"), stores.view(">u8")], axis=1).astype(np.uint64)
    order, begins = _sort_keys(words)
    firsts = order[begins]
    first_of = np.empty_like(order)
    first_of[order] = firsts[np.cumsum(begins) - 1]
    return EventKeys(events, stores, firsts, first_of)


def _sort_keys(words: Words) -> tuple[Rows, Mask]:
    """Return the rows sorted by key, copies in slice order, and which of them begin a key.

    The first words are distinct except for copies, and nearly sorted. So one column is sorted, and
    the other three only for the few ambiguous rows.
    """
    order = np.argsort(np.ascontiguousarray(words[:, 0]), kind="stable")
    begins = _begins(words[order, :1])
    is_in_doubt = ~begins
    is_in_doubt[:-1] |= ~begins[1:]
    rows = order[is_in_doubt]
    rows = rows[np.lexsort(words[rows].T[::-1])]
    order[is_in_doubt] = rows
    begins[is_in_doubt] = _begins(words[rows])
    return order, begins


def _begins(ordered: Words) -> Mask:
    """Whether each row differs from the one before it."""
    begins = np.ones(len(ordered), dtype=np.bool_)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return begins


def _bytes_of(ids: pl.Series) -> npt.NDArray[np.uint8]:
    text: Any = ids.str.join("").item() if len(ids) else ""
    letters = np.frombuffer(text.encode(), dtype=np.uint8).reshape(-1, 36)
    digits = unhexlify(letters.take(_DIGITS, axis=1).data)
    return np.frombuffer(digits, dtype=np.uint8).reshape(-1, 16)


class RecentIds:
    """A cache of recent ids, to guess which of a slice's ids are repeats.

    A table of fixed size; each slot keeps the newest few ids that hash to it. Memory is bounded,
    and the work does not depend on the slice's size. It may forget an id or confuse two: it only
    gives a guess, and the database decides.
    """

    def __init__(self, slots: int = 1 << 19, ids_per_slot: int = 4) -> None:
        """`slots`: a power of two, each of `ids_per_slot` times 8 bytes.

        The newest `slots` / 4 ids are remembered almost certainly.
        """
        # A slot's ids are contiguous: each lookup costs one memory access.
        self._table = np.zeros((slots, ids_per_slot), dtype=np.uint64)
        self._mask = np.uint64(slots - 1)

    def knows(self, words: Words) -> Mask:
        """Whether each id is remembered."""
        is_known: Mask = np.zeros(len(words), dtype=np.bool_)
        for ids in self._read(self._slots_of(words)).T:
            is_known |= ids == words
        return is_known

    def remember(self, words: Words) -> None:
        while len(words):
            slots = self._slots_of(words)
            newer = np.empty((len(words), self._table.shape[1]), dtype=np.uint64)
            newer[:, 0] = words
            newer[:, 1:] = self._read(slots)[:, :-1]
            self._table[slots] = newer
            # If several ids have the same slot, one was stored; the others are stored next.
            words = words[self._read(slots)[:, 0] != words]

    def _slots_of(self, words: Words) -> Rows:
        return (words & self._mask).astype(np.intp)

    def _read(self, slots: Rows) -> Words:
        # Whole rows: taking one column would copy that column of the whole table.
        return self._table.take(slots, axis=0)
