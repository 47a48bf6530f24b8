"""Slices decoded, and when they halt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.support.ingest_records import NOW_MS, STORE, Record, event_id, record

from storepulse.adapters.settings import Settings
from storepulse.agents.preparation import DecodedSlice, prepare
from storepulse.contracts.schemas import schema_of
from storepulse.slices.consumer import Dead
from storepulse.slices.halts import is_mostly_bad
from storepulse.slices.slice import Slice

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)


def slice_of(records: Sequence[Record], timestamps: Sequence[int] | None = None) -> Slice:
    return Slice(
        "ingest.cart.v1", 2, range(10, 10 + len(records)), [r.key for r in records],
        [r.value for r in records], [r.headers for r in records],
        timestamps or [NOW_MS] * len(records), 1,
    )  # fmt: skip


def prepared(*records: Record, timestamps: Sequence[int] | None = None) -> DecodedSlice:
    return prepare(slice_of(records, timestamps), schema_of("cart"))


def test_each_record_is_in_the_frame_or_dead() -> None:
    found = prepared(
        record("cart", 1), Record(b"s-1", None), record("cart", 2), Record(b"s-1", b"x")
    )
    assert found.frame["_index"].to_list() == [0, 2]
    assert [(d.index, d.stage, d.reason) for d in found.dead_records] == [
        (1, "decode", "the value is null"),
        (3, "decode", "not Confluent's wire format"),
    ]


def test_what_the_database_refused_leaves_the_frame() -> None:
    found = prepared(record("cart", 1), record("cart", 2)).mark_dead({1: "why"})
    assert found.frame["_index"].to_list() == [0]
    assert found.dead_records == [
        Dead(1, "store", "refused by the database", "", "why", STORE, event_id(2), NOW, "c-1")
    ]


@pytest.mark.parametrize(
    ("timestamp", "hour"),
    [
        (NOW_MS + 3_599_999, datetime(2026, 11, 21, 6, tzinfo=UTC)),
        (-1, datetime(1970, 1, 1, tzinfo=UTC)),
        (2**63 - 1, datetime(9999, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_the_broker_s_hour_of_a_record_whatever_its_timestamp(
    timestamp: int, hour: datetime
) -> None:
    assert prepared(Record(b"s-1", None), timestamps=[timestamp]).hour_of(0) == hour


@pytest.mark.parametrize(
    ("records", "bad", "halts"),
    [(200, 99, False), (150, 100, True), (200, 100, False), (200, 101, True), (99, 99, False)],
)
def test_most_of_a_slice_and_not_a_few_records(records: int, bad: int, halts: bool) -> None:
    dead = [Dead(n, "decode", "x", is_undecodable=True) for n in range(bad)]
    piece = slice_of([Record(None, None)] * records)
    found = DecodedSlice(piece, prepared().frame, dead)
    settings = Settings(dead_letter_halt_ratio=0.5, dead_letter_halt_minimum=100)
    assert is_mostly_bad(found, settings) is halts
    assert not is_mostly_bad(
        found, Settings(dead_letter_halt_ratio=1, dead_letter_halt_minimum=100)
    )


def test_replays_of_bad_letters_do_not_halt_a_stream() -> None:
    """Whoever replays a thousand letters that are bad still must not stop everybody's events."""
    again = [("x-storepulse-dead-letter-id", str(event_id(1)).encode())]
    records = [Record(None, None, again)] * 150 + [Record(None, None)] * 99
    dead = [Dead(n, "decode", "x", is_undecodable=True) for n in range(249)]
    settings = Settings(dead_letter_halt_ratio=0.1, dead_letter_halt_minimum=100)
    assert not is_mostly_bad(DecodedSlice(slice_of(records), prepared().frame, dead), settings)
    more = slice_of([*records, Record(None, None)])
    dead.append(Dead(249, "decode", "x", is_undecodable=True))
    assert is_mostly_bad(DecodedSlice(more, prepared().frame, dead), settings)


def test_what_decodes_never_halts_whatever_its_share() -> None:
    dead = [Dead(n, "store", "refused by the database") for n in range(400)]
    piece = slice_of([Record(None, None)] * 400)
    assert not is_mostly_bad(DecodedSlice(piece, prepared().frame, dead), Settings())


@pytest.mark.parametrize(
    ("bad", "good", "known", "halts"),
    [
        (400, 1_000, (0, 400), True),  # good records came after what was halted
        (400, 1_000, None, False),
        (60, 0, (0, 400), True),  # a fetch brought only the first of them
        (60, 0, (400, 800), False),
        (3, 397, (0, 400), False),  # new code decodes the rest
    ],
)
def test_what_was_mostly_bad_before_stays_so_in_any_slice(
    bad: int, good: int, known: tuple[int, int] | None, halts: bool
) -> None:
    dead = [Dead(n, "decode", "x", is_undecodable=True) for n in range(bad)]
    found = DecodedSlice(slice_of([Record(None, None)] * (bad + good)), prepared().frame, dead)
    assert is_mostly_bad(found, Settings(), known) is halts
    assert not is_mostly_bad(found, Settings(dead_letter_halt_ratio=1), known)


def test_a_cut_slice_has_its_own_places() -> None:
    whole = prepared(*[Record(b"s-1", None) if n == 4 else record("cart", n) for n in range(7)])
    part = whole.cut(2, 6)
    assert part.frame["_index"].to_list() == [0, 1, 3]
    assert part.frame["event_id"].to_list() == [event_id(n) for n in (2, 3, 5)]
    assert [d.index for d in part.dead_records] == [2]
    assert (list(part.slice.offsets), part.slice.end) == ([12, 13, 14, 15], 16)
    assert whole.cut(0, 7).frame.equals(whole.frame)


def test_the_size_of_a_record_counts_all_of_it() -> None:
    # Each header has sizes too, of five bytes at most.
    piece = slice_of([Record(b"key", b"value", [("h", b"12"), ("e", b"")]), Record(None, None)])
    assert (piece.size(0), piece.size(1)) == (3 + 5 + 1 + 2 + 1 + 2 * 10, 0)
