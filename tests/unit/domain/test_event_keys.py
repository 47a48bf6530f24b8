"""Keys of events as bytes, and the memory that guesses which were there before."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.event_keys import RecentIds, event_keys

#: Few, and alike in most of their bytes.
IDS = [str(UUID(int=n)) for n in (0, 1, 255, 256, 1 << 63, 1 << 64, (1 << 128) - 1)]
KEYS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=40)
SCHEMA = {"event_id": pl.String, "store_id": pl.String}


def words(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(numbers, dtype=np.uint64)


@given(rows=KEYS)
def test_firsts_are_the_first_copies_in_the_order_of_uuids(rows: list[tuple[str, str]]) -> None:
    keys = event_keys(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    first = {key: place for place, key in reversed(list(enumerate(rows)))}
    assert keys.firsts.tolist() == [first[key] for key in sorted(first)]
    assert keys.first_of.tolist() == [first[key] for key in rows]
    assert [str(UUID(bytes=row.tobytes())) for row in keys.event_ids] == [e for e, _ in rows]
    assert [str(UUID(bytes=row.tobytes())) for row in keys.store_ids] == [s for _, s in rows]
    assert keys.low_words.tolist() == [UUID(e).int & (1 << 64) - 1 for e, _ in rows]


def test_an_id_is_known_once_it_was_remembered() -> None:
    recent = RecentIds(slots=8, ids_per_slot=2)
    assert recent.knows(words(9, 17)).tolist() == [False, False]
    recent.remember(words(9, 17, 3))
    assert recent.knows(words(17, 3, 9, 25)).tolist() == [True, True, True, False]


def test_the_newest_push_out_the_oldest_of_their_place() -> None:
    recent = RecentIds(slots=8, ids_per_slot=2)
    recent.remember(words(1, 9))  # both belong to place 1
    recent.remember(words(17))
    known = recent.knows(words(1, 9, 17))
    assert known.sum() == 2
    assert known[2]


def test_a_hundred_thousand_ids_are_remembered_all_but_surely() -> None:
    rnd = np.random.default_rng(7)
    recent = RecentIds()
    slices = [rnd.integers(1, 1 << 63, 20_000, dtype=np.uint64) for _ in range(6)]
    for slice_ in slices:
        recent.remember(slice_)
    assert recent.knows(slices[0]).mean() > 0.999
    assert recent.knows(rnd.integers(1, 1 << 63, 20_000, dtype=np.uint64)).sum() == 0
