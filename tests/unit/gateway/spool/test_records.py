"""The spool's format: what is whole comes back, what is torn or damaged costs itself alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storepulse.gateway.spool.records import OVERHEAD, SpooledRecord, pack, scan, size_of

MARK = 0x9F3A2B1D
VALUES = st.lists(
    st.builds(
        SpooledRecord,
        st.integers(0, 2**62),
        st.sampled_from(["ingest.cart.v1", "t1.ingest.heatmap.v1"]),
        st.binary(max_size=8),
        # The mark itself inside of values: a reader must not take it for a record.
        st.binary(max_size=24) | st.just(MARK.to_bytes(4, "big") * 5),
    ),
    min_size=1,
    max_size=4,
)


def packed(records: list[SpooledRecord]) -> list[bytes]:
    return [pack(MARK, r.accepted_at, r.topic.encode(), r.key, r.value) for r in records]


@given(VALUES)
def test_whole_records_come_back_in_order(records: list[SpooledRecord]) -> None:
    data = b"".join(packed(records))
    found = scan(MARK, data)
    assert found.records == records
    assert (found.damaged, found.torn, found.end) == (0, 0, len(data))
    assert len(data) == sum(size_of(r.topic.encode(), r.key, r.value) for r in records)


@given(VALUES)
def test_a_write_torn_at_any_byte_loses_only_what_was_not_whole(
    records: list[SpooledRecord],
) -> None:
    parts = packed(records)
    data = b"".join(parts)
    ends = [sum(map(len, parts[:n])) for n in range(len(parts) + 1)]
    for cut in range(len(data)):
        found = scan(MARK, data[:cut])
        whole = sum(end <= cut for end in ends[1:])
        assert found.records == records[:whole]
        assert (found.damaged, found.end, found.torn) == (0, ends[whole], cut - ends[whole])


@given(VALUES, st.integers(1, 40))
def test_bytes_that_were_never_written_are_torn(records: list[SpooledRecord], zeros: int) -> None:
    data = b"".join(packed(records))
    found = scan(MARK, data + bytes(zeros))
    assert (found.records, found.damaged, found.torn) == (records, 0, zeros)


@given(VALUES, st.data())
def test_a_damaged_byte_costs_its_record_alone(
    records: list[SpooledRecord], data: st.DataObject
) -> None:
    parts = packed(records)
    victim = data.draw(st.integers(0, len(parts) - 1))
    place = data.draw(st.integers(0, len(parts[victim]) - 1))
    hurt = bytearray(parts[victim])
    hurt[place] ^= data.draw(st.integers(1, 255))
    found = scan(MARK, b"".join([*parts[:victim], bytes(hurt), *parts[victim + 1 :]]))
    assert found.records == records[:victim] + records[victim + 1 :]
    assert found.damaged + (found.torn > 0) == 1
    if victim < len(parts) - 1:
        assert found.damaged == 1


@given(VALUES, VALUES)
def test_foreign_bytes_between_records_are_stepped_over(
    first: list[SpooledRecord], second: list[SpooledRecord]
) -> None:
    middle = b"not a record, " * 5
    found = scan(MARK, b"".join([*packed(first), middle, *packed(second)]))
    assert found.records == first + second
    assert found.damaged == 1


def test_a_record_of_another_segment_inside_of_a_damaged_one_is_not_believed() -> None:
    inside = pack(0x11223345, 1, b"ingest.cart.v1", b"k", b"forged")
    around = bytearray(pack(MARK, 2, b"ingest.cart.v1", b"k", inside))
    around[OVERHEAD - 3] ^= 1
    last = pack(MARK, 3, b"ingest.cart.v1", b"k", b"last")
    assert [r.value for r in scan(MARK, bytes(around) + last).records] == [b"last"]
