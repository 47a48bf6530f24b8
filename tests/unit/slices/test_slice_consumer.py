"""The slice driver: what it hands on, and where it continues after a rebalance."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from faust.types import TP
from mode.utils.queues import FlowControlEvent, ThrowableQueue
from tests.unit.slices.fake_kafka import Cluster, tp

from storepulse.slices.driver import fetching, slice_consumer
from storepulse.slices.halts import Halt


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_seconds: float) -> None:
        return None

    monkeypatch.setattr(slice_consumer.asyncio, "sleep", sleep)


@pytest.fixture
async def cluster() -> Cluster:
    return Cluster({0: list(range(20)), 1: list(range(20))})


async def test_a_partition_s_records_are_one_message(cluster: Cluster) -> None:
    found = await cluster.fetch()
    assert [piece.partition for piece, _ in found] == [0, 1]
    piece, message = found[0]
    assert (list(piece.offsets), piece.end) == ([0, 1, 2, 3, 4], 5)
    assert piece.values == [b"v0", b"v1", b"v2", b"v3", b"v4"]
    assert piece.timestamps == [1_000, 1_001, 1_002, 1_003, 1_004]
    assert (message.offset, message.generation_id, piece.generation) == (4, 1, 1)
    assert message.timestamp == 1.004


async def test_slices_follow_each_other(cluster: Cluster) -> None:
    await cluster.fetch()
    (piece, _), *_ = await cluster.fetch()
    assert list(piece.offsets) == [5, 6, 7, 8, 9]


async def test_gaps_show_in_offsets(cluster: Cluster) -> None:
    cluster.thread.logs[tp(0)] = [3, 4, 8, 9, 12, 15]
    (piece, _), *_ = await cluster.fetch()
    assert piece.offsets == [3, 4, 8, 9, 12]
    (piece, _), *_ = await cluster.fetch()
    assert (list(piece.offsets), piece.end) == ([15], 16)


async def test_offsets_without_gaps_are_a_range(cluster: Cluster) -> None:
    (piece, _), *_ = await cluster.fetch()
    assert piece.offsets == range(5)


async def test_no_read_offset_of_faust_s_drops_what_was_sought_back(cluster: Cluster) -> None:
    cluster.consumer._read_offset[tp(0)] = 99
    async for partition, _ in cluster.consumer.getmany(timeout=1.0):
        assert cluster.consumer._read_offset[partition] is None


@pytest.mark.parametrize("committed", [None, 0, 3, 12])
@pytest.mark.parametrize("ledger", [None, 0, 7])
@pytest.mark.parametrize("how", ["flow inactive", "generation changed"])
async def test_a_fetch_that_spans_a_rebalance_is_sought_back(
    cluster: Cluster, how: str, ledger: int | None, committed: int | None
) -> None:
    thread, consumer = cluster.thread, cluster.consumer
    for partition in (tp(0), tp(1)):
        thread.position[partition] = ledger or 0
        if ledger is not None:
            cluster.ledger[partition] = ledger
        if committed is not None:
            thread.committed[partition] = committed

    async def rebalance() -> None:
        if how == "flow inactive":
            consumer.stop_flow()
        else:
            cluster.app.consumer_generation_id += 1

    thread.meanwhile = rebalance
    assert await cluster.fetch() == []
    expected = ledger or 0
    assert thread.position == {tp(0): expected, tp(1): expected}
    if ledger:
        # Kafka's commit is moved to the ledger, forwards or backwards.
        assert thread.committed == {tp(0): ledger, tp(1): ledger}
        assert consumer._committed_offset[tp(0)] == ledger
    else:
        assert consumer._committed_offset[tp(0)] is None
    consumer.resume_flow()
    (piece, _), *_ = await cluster.fetch()
    assert piece.offsets[0] == expected


async def test_a_partition_that_is_no_longer_active_is_sought_back(cluster: Cluster) -> None:
    consumer, thread = cluster.consumer, cluster.thread
    wait = consumer._wait_next_records

    async def other(_timeout: float):  # type: ignore[no-untyped-def]
        records, _ = await wait(1.0)
        return records, {tp(0)}

    consumer._wait_next_records = other
    found = await cluster.fetch()
    assert [piece.partition for piece, _ in found] == [0]
    # Partition 0 was handed on and is not applied yet: it comes again, and the ledger absorbs it.
    assert thread.position == {tp(0): 0, tp(1): 0}


async def test_steady_traffic_starves_no_partition() -> None:
    """Every partition has something at every fetch, and the stream takes less than comes."""
    cluster = Cluster({partition: list(range(1_000)) for partition in range(4)})
    cluster.thread.largest = 1
    queue: ThrowableQueue[int] = ThrowableQueue(4, flow_control=FlowControlEvent())
    high = {p: partial(cluster.consumer.on_buffer_full, tp(p)) for p in range(4)}
    drop = {p: partial(cluster.consumer.on_buffer_drop, tp(p)) for p in range(4)}
    taken: Counter[int] = Counter()
    for _ in range(400):
        for piece, _message in await cluster.fetch():
            # As Faust hands a message to its stream; one that finds it full waits.
            while queue.full():
                taken[queue.get_nowait()] += 1
            queue.put_nowait_enhanced(
                piece.partition,
                on_pressure_high=high[piece.partition],
                on_pressure_drop=drop[piece.partition],
            )
        if queue.qsize():
            taken[queue.get_nowait()] += 1
    assert min(taken[p] for p in range(4)) > 0.8 * max(taken.values()), taken
    assert queue.qsize() <= 4


async def test_only_its_own_topic_waits_for_a_stream(cluster: Cluster) -> None:
    consumer, other = cluster.consumer, TP("ingest.other.v1", 0)
    consumer._set_active_tps({tp(0), tp(1), other})
    consumer.on_buffer_full(tp(0))
    assert consumer._get_active_partitions() == {other}
    # Partition 1 is taken away meanwhile: it does not come back with the others.
    cluster.thread.assigned = {tp(0), other}
    consumer.on_buffer_drop(tp(1))
    assert consumer._get_active_partitions() == {tp(0), other}
    assert not consumer._buffered_partitions


async def test_there_is_no_room_while_a_stream_has_enough_to_do(cluster: Cluster) -> None:
    consumer = cluster.consumer
    assert fetching.GatheringFetcher.has_room == consumer.has_room
    assert consumer.has_room(tp(0))
    consumer.on_buffer_full(tp(1))
    assert not consumer.has_room(tp(0))
    consumer.on_buffer_drop(tp(1))
    assert consumer.has_room(tp(0))
    consumer.on_buffer_full(tp(0))
    cluster.revoke()
    await cluster.assign([0, 1])
    assert consumer.has_room(tp(0)), "a new assignment begins with room for all"


async def test_where_nobody_has_room_is_looked_again_at_once(cluster: Cluster) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        cluster.consumer.on_buffer_drop(tp(0))

    cluster.consumer.sleep = sleep  # type: ignore[method-assign]
    cluster.consumer.on_buffer_full(tp(0))
    assert await cluster.fetch() == []
    assert len(await cluster.fetch()) == 2
    assert slept == [fetching.BUSY_SECONDS]


async def test_a_buffered_partition_is_handed_on(cluster: Cluster) -> None:
    consumer = cluster.consumer
    wait = consumer._wait_next_records

    async def other(_timeout: float):  # type: ignore[no-untyped-def]
        records, _ = await wait(1.0)
        return records, {tp(0)}

    consumer._wait_next_records = other
    consumer._buffered_partitions.add(tp(1))
    assert [piece.partition for piece, _ in await cluster.fetch()] == [0, 1]


async def test_a_rebalance_between_two_partitions_of_one_fetch(cluster: Cluster) -> None:
    cluster.ledger = {tp(0): 0, tp(1): 0}
    slices = cluster.consumer.getmany(timeout=1.0)
    partition, _ = await anext(slices)
    assert partition == tp(0)
    cluster.app.consumer_generation_id += 1
    assert [p async for p, _ in slices] == []
    assert cluster.thread.position == {tp(0): 0, tp(1): 0}


async def test_revoked_while_seeking_back_ends_nothing(cluster: Cluster) -> None:
    cluster.ledger = {tp(0): 4, tp(1): 4}

    async def rebalance() -> None:
        cluster.consumer.stop_flow()
        stock = cluster.thread.seek_to_committed

        async def and_revoked():  # type: ignore[no-untyped-def]
            found = await stock()
            cluster.thread.seek = _raise_illegal_state  # type: ignore[method-assign]
            return found

        cluster.thread.seek_to_committed = and_revoked  # type: ignore[method-assign]

    cluster.thread.meanwhile = rebalance
    assert await cluster.fetch() == []


def _raise_illegal_state(*_arguments: object) -> None:
    raise slice_consumer.driver.IllegalStateError("No current assignment")


async def test_without_the_ledger_committed_offsets_must_do(cluster: Cluster) -> None:
    cluster.ledger_away = True
    cluster.thread.committed = {tp(0): 3}
    cluster.thread.position = {tp(0): 9, tp(1): 9}
    asked = 0
    positions = cluster.consumer.read_positions

    async def counted(assigned: set[tuple[str, int]]):  # type: ignore[no-untyped-def]
        nonlocal asked
        asked += 1
        return await positions(assigned)

    cluster.consumer.read_positions = counted
    await cluster.consumer.perform_seek()
    assert asked == slice_consumer.SEEK_ATTEMPTS
    assert cluster.thread.position == {tp(0): 3, tp(1): 9}
    assert cluster.thread.commits == []
    # Nothing vouches for the offsets before: the transaction finds a hole, if there is one.
    found = {piece.partition: piece for piece, _ in await cluster.fetch()}
    assert (found[0].offsets[0], found[1].offsets[0]) == (3, 9)


async def test_a_ledger_that_never_answers_does_not_hold_up_the_rebalance(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_assigned: set[tuple[str, int]]):  # type: ignore[no-untyped-def]
        await slice_consumer.asyncio.Event().wait()

    monkeypatch.setattr(slice_consumer, "SEEK_SECONDS", 0.01)
    cluster.consumer.read_positions = never
    cluster.thread.committed = {tp(0): 3}
    await cluster.consumer.perform_seek()
    assert cluster.thread.position[tp(0)] == 3


async def test_a_partition_unknown_to_the_ledger_begins_at_the_beginning(cluster: Cluster) -> None:
    cluster.thread.logs[tp(0)] = [40, 41]
    cluster.thread.committed = {tp(0): 41}
    await cluster.consumer.perform_seek()
    (piece, _), *_ = await cluster.fetch()
    assert list(piece.offsets) == [40, 41]


async def test_nothing_assigned_asks_nobody(cluster: Cluster) -> None:
    cluster.ledger_away = True
    cluster.thread.assigned = set()
    await cluster.consumer.perform_seek()
    assert cluster.thread.commits == []


async def test_the_offset_to_commit_is_the_last_acknowledged_plus_one(cluster: Cluster) -> None:
    consumer = cluster.consumer
    assert consumer._new_offset(tp(0)) is None
    for _ in range(2):
        for _, message in await cluster.fetch():
            assert consumer.ack(message)
    assert consumer._new_offset(tp(0)) == 10
    assert consumer._new_offset(tp(0)) is None
    assert not consumer._acked_index[tp(0)]


async def test_gaps_neither_stall_nor_overrun_the_commit(cluster: Cluster) -> None:
    cluster.thread.logs[tp(0)] = [5, 6, 90, 91]
    cluster.ledger[tp(0)] = 2
    await cluster.consumer.perform_seek()
    await cluster.consumer._add_gap(tp(0), 3, 5)
    assert not cluster.consumer._gap[tp(0)]
    for piece, message in await cluster.fetch():
        if piece.partition == 0:
            cluster.consumer.ack(message)
    await cluster.commit()
    assert cluster.thread.committed[tp(0)] == 92


async def test_an_old_acknowledgement_moves_no_commit_backwards(cluster: Cluster) -> None:
    (_, message), *_ = await cluster.fetch()
    cluster.ledger[tp(0)] = 15
    cluster.revoke()
    await cluster.assign([0, 1])
    cluster.consumer.ack(message)
    await cluster.commit()
    assert cluster.thread.committed[tp(0)] == 15


def halt(partition: int, lower: int) -> Halt:
    return Halt(
        "landing", tp(partition).topic, partition, lower, lower + 5, 5, 5, "does not decode"
    )


async def test_a_halted_partition_is_not_fetched_and_its_neighbour_is(cluster: Cluster) -> None:
    cluster.halts.add(halt(0, 0))
    assert [piece.partition for piece, _ in await cluster.fetch()] == [1]
    assert cluster.consumer.is_halted(tp(0))
    assert not cluster.consumer.is_halted(tp(1))
    cluster.consumer.on_buffer_full(tp(1))
    cluster.consumer.on_buffer_drop(tp(1))
    assert [piece.partition for piece, _ in await cluster.fetch()] == [1]
    assert cluster.thread.position[tp(0)] == 0


async def test_what_was_under_way_when_a_partition_halts_is_dropped_alone(cluster: Cluster) -> None:
    async def halts() -> None:
        cluster.halts.add(halt(0, 0))
        cluster.consumer._get_active_partitions()

    cluster.thread.meanwhile = halts
    assert [piece.partition for piece, _ in await cluster.fetch()] == [1]
    assert cluster.thread.position[tp(1)] == 5, "the neighbour was not sought back"


@pytest.mark.parametrize(("ledger", "halted"), [(None, True), (3, True), (4, False)])
async def test_a_halt_survives_a_rebalance_until_somebody_went_on(
    cluster: Cluster, ledger: int | None, halted: bool
) -> None:
    cluster.halts.add(halt(0, 3))
    if ledger is not None:
        cluster.ledger[tp(0)] = ledger
    cluster.revoke()
    await cluster.assign([0, 1])
    assert (tp(0) in cluster.halts) is halted
    fetched = [piece.partition for piece, _ in await cluster.fetch()]
    assert fetched == ([1] if halted else [0, 1])


async def test_a_halt_goes_with_its_partition(cluster: Cluster) -> None:
    cluster.halts.add(halt(0, 3))
    cluster.revoke()
    await cluster.assign([1])
    assert not cluster.halts
    await cluster.assign([0, 1])
    assert [piece.partition for piece, _ in await cluster.fetch()] == [0, 1]


async def test_a_halt_survives_a_rebalance_without_the_ledger(cluster: Cluster) -> None:
    cluster.halts.add(halt(0, 3))
    cluster.ledger_away = True
    cluster.revoke()
    await cluster.assign([0, 1])
    assert [piece.partition for piece, _ in await cluster.fetch()] == [1]
