"""Batches that aiokafka's parser refuses, or takes too lightly; ordinary ones as it reads them."""

from __future__ import annotations

import gzip
from typing import Any

import cramjam
import pytest
from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.record._crecords.memory_records import MemoryRecords
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.raw_batches import (
    GZIP,
    LOG_APPEND_TIME,
    LZ4,
    SNAPPY,
    ZSTD,
    RawRecord,
    batch,
    batch_of,
    record_bytes,
    sized,
    varint,
)

from storepulse.slices.driver import compression, fetching, salvage
from storepulse.slices.driver.batches import FetchedBatches, records_of
from storepulse.slices.driver.compression import LARGEST_BATCH_BYTES
from storepulse.slices.driver.salvage import UNREAD

PACK: dict[int, Any] = {
    GZIP: gzip.compress,
    SNAPPY: codec.snappy_encode,
    LZ4: codec.lz4_encode,
    ZSTD: codec.zstd_encode,
}
GOOD = RawRecord(b"k", b"v", [(b"h", b"x")])


def body(records: list[RawRecord]) -> bytes:
    return b"".join(record_bytes(r, place) for place, r in enumerate(records))


def framed(content: bytes) -> bytes:
    return varint(len(content)) + content


def shown(record: Any) -> tuple[Any, ...]:
    return (
        record.offset, record.timestamp, record.timestamp_type, record.key, record.value,
        list(record.headers),
    )  # fmt: skip


def read(data: bytes) -> list[tuple[Any, ...]]:
    """As the workers read a fetch."""
    kept = FetchedBatches(data)
    found = []
    while kept.has_next():
        found += [shown(r) for r in records_of(kept.next_batch(), kept)]
    return found


def tolerantly(data: bytes) -> list[tuple[Any, ...]]:
    kept = FetchedBatches(data)
    taken = kept.next_batch()
    return [shown(r) for r in salvage.salvage_records(taken, kept.raw[61:])]


def aiokafkas(data: bytes) -> list[tuple[Any, ...]]:
    return [shown(r) for r in MemoryRecords(data).next_batch()]


def test_a_fetch_keeps_its_bytes() -> None:
    assert fetcher.MemoryRecords is FetchedBatches
    assert issubclass(FetchedBatches, MemoryRecords), "the C one, without which slices are slow"
    second = batch([GOOD], first=7)
    kept = FetchedBatches(batch([GOOD, GOOD]) + second)
    kept.next_batch()
    assert kept.next_batch().base_offset == 7
    assert kept.raw == second
    # A batch that is cut off is not given out; nor has it bytes.
    assert FetchedBatches(second[:-1]).next_batch() is None


optional = st.none() | st.binary(max_size=40)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=10).map(str.encode)
raw_records = st.builds(
    RawRecord, optional, optional, st.lists(st.tuples(names, optional), max_size=5),
    st.integers(-(2**40), 2**40),
)  # fmt: skip


@seed(20261128)
@settings(max_examples=300, deadline=None)
@given(
    st.lists(raw_records, min_size=1, max_size=12), st.integers(0, 2**50), st.integers(0, 2**42),
    st.sampled_from([0, *PACK]), st.booleans(),
)  # fmt: skip
def test_ordinary_batches_are_read_alike(
    records: list[RawRecord], first: int, timestamp: int, packed: int, appended: bool
) -> None:
    content = body(records)
    data = batch_of(
        PACK[packed](content) if packed else content, len(records), first=first,
        timestamp=timestamp, attributes=packed | LOG_APPEND_TIME * appended,
    )  # fmt: skip
    assert read(data) == tolerantly(data) == aiokafkas(data)


@pytest.mark.parametrize("packed", [0, *PACK])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"\xff\xfe", r"\xff\xfe"),
        (b"tr\xc3\xa9s\xe9", "tr\u00e9s\\xe9"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
        (b"\xc0\x80", r"\xc0\x80"),
        (b"event_id\xff", r"event_id\xff"),
    ],
)
def test_a_name_that_is_not_utf_8_has_escapes(name: bytes, text: str, packed: int) -> None:
    content = body([GOOD, RawRecord(b"k", b"v", [(name, b"\xff"), (b"", None)]), GOOD])
    data = batch_of(PACK[packed](content) if packed else content, 3, first=5, attributes=packed)
    with pytest.raises(UnicodeDecodeError):
        aiokafkas(data)
    good = ("h", b"x")
    assert [(offset, headers) for offset, _, _, _, _, headers in read(data)] == [
        (5, [good]), (6, [(text, b"\xff"), ("", None)]), (7, [good]),
    ]  # fmt: skip
    assert [r[1] for r in read(data)] == [1_000] * 3


@pytest.mark.parametrize("places", [(5, 5), (1, 0), (0, 9), (-3, 1), (2**31 - 1, 2**31 - 1)])
def test_offsets_are_the_batch_s_whatever_the_records_say(places: tuple[int, int]) -> None:
    content = b"".join(record_bytes(GOOD, place) for place in places)
    assert [r[0] for r in read(batch_of(content, 2, first=40))] == [40, 41]


def test_offsets_amid_a_batch_are_the_batch_s_too() -> None:
    content = b"".join(record_bytes(GOOD, place) for place in (0, 2, 1, 7, 4))
    assert [r[0] for r in read(batch_of(content, 5, first=40))] == [40, 41, 42, 43, 44]


def test_what_compaction_left_keeps_its_offsets() -> None:
    content = b"".join(record_bytes(GOOD, place) for place in (1, 4))
    whole = bytearray(batch_of(content, 2, first=40))
    whole[23:27] = (6).to_bytes(4, "big")  # the last offset, which compaction leaves
    assert [r[0] for r in read(bytes(whole))] == [41, 44]


def test_attributes_are_one_byte() -> None:
    """aiokafka takes them for a number of any length, and reads the rest one byte too late."""
    content = framed(b"\x80\0" + varint(0) + sized(b"k") + sized(b"v") + varint(0))
    assert [r[0] for r in read(batch_of(content, 1, first=9))] == [9]


def test_a_negative_size_is_none() -> None:
    content = framed(b"\0\0\0" + varint(-2) + sized(b"v") + varint(0))
    assert read(batch_of(content, 1)) == [(0, 1_000, 0, None, b"v", [])]


def test_times_beyond_64_bits_begin_anew() -> None:
    data = batch([RawRecord(b"k", b"v", [], 2**62 + 5)], timestamp=2**62 + 2**61)
    assert read(data) == tolerantly(data) == aiokafkas(data)


@pytest.mark.parametrize(
    ("content", "count", "readable", "reason"),
    [
        (body([GOOD]) + framed(b"\0\0\0\x02"), 3, 1, "a field that ends beyond"),
        (body([GOOD]), 2, 1, "a number that ends beyond"),
        (body([GOOD]) + framed(b"\0\0\x02" + varint(900)), 2, 1, "a field that ends beyond"),
        (framed(b"\0\0\0" + sized(b"") * 2 + varint(1) + varint(-1)), 1, 0, "without a name"),
        (framed(b"\0\0\0" + sized(b"") * 2 + varint(0) + b"z"), 1, 0, "that says"),
        (framed(b"\0" + b"\xff" * 11), 1, 0, "more than 64 bits"),
    ],
)
def test_of_what_cannot_be_read_each_offset_is_a_record_that_says_why(
    content: bytes, count: int, readable: int, reason: str
) -> None:
    found = read(batch_of(content, count, first=3))
    assert [r[0] for r in found] == list(range(3, 3 + count))
    assert not any(dict(r[5]).get(UNREAD) for r in found[:readable])
    unread = found[readable:]
    assert all(reason in dict(r[5])[UNREAD].decode() for r in unread)
    assert [r[4] is None for r in unread] == [place > 0 for place in range(len(unread))]


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("damaged", [lambda z: z[:-6], lambda _: b"\x99" * 30, lambda _: b""])
def test_what_does_not_unpack_is_kept_packed(packed: int, damaged: Any) -> None:
    content = damaged(PACK[packed](body([GOOD, GOOD])))
    first, second = read(batch_of(content, 2, first=3, attributes=packed))
    assert (first[0], first[4], second[0], second[4]) == (3, content, 4, None)
    assert dict(first[5]).keys() == {UNREAD}


def test_an_unknown_codec_is_kept_packed() -> None:
    ((*_, value, headers),) = read(batch_of(b"abc", 1, attributes=6))
    assert (value, headers) == (b"abc", [(UNREAD, b"packed by an unknown codec, 6")])


def test_what_follows_a_gzip_file_is_passed_over_and_members_are_one() -> None:
    packed = gzip.compress(record_bytes(GOOD, 0)) + gzip.compress(record_bytes(GOOD, 1))
    assert len(read(batch_of(packed + b"garbage", 2, attributes=GZIP))) == 2


@pytest.mark.parametrize("packed", PACK)
def test_a_batch_may_not_unpack_to_more_than_it_should(
    packed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "LARGEST_BATCH_BYTES", 100_000)
    fits = RawRecord(b"k", b"\0" * 99_900)
    for record, taken in ((fits, True), (RawRecord(b"k", b"\0" * 400_000), False)):
        content = PACK[packed](body([record]))
        ((*_, value, headers),) = read(batch_of(content, 1, attributes=packed))
        assert value == (record.value if taken else content)
        assert headers == ([] if taken else [(UNREAD, b"unpacks to more than 100000 bytes")])
    raw = bytes(cramjam.snappy.compress_raw(body([RawRecord(b"k", b"\0" * 400_000)])))
    ((*_, headers),) = read(batch_of(raw, 1, attributes=SNAPPY))
    assert headers == [(UNREAD, b"unpacks to more than 100000 bytes")]


def test_a_fetch_that_unpacks_to_too_much_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.slices.test_fetching import fetched, offsets

    monkeypatch.setattr(fetching, "MOST_UNPACKED_BYTES", 25_000)
    one = codec.zstd_encode(body([RawRecord(b"k", b"\0" * 10_000)]))
    log = b"".join(batch_of(one, 1, first=n, attributes=ZSTD) for n in range(5))
    result, assigned = fetched(log, 0)
    assert (offsets(result.getall()), assigned.position, result.has_more()) == ([0, 1, 2], 3, False)


def test_the_largest_batch_is_larger_than_any_client_s() -> None:
    assert LARGEST_BATCH_BYTES >= 16 * 1_048_576
