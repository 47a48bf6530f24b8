"""The spool on a real disk: answers after the fsync, recovery, capacity, a disk that is full."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.waiting import wait_until_async

from storepulse.adapters.settings import load
from storepulse.domain.errors import Misconfigured
from storepulse.gateway.spool import segments
from storepulse.gateway.spool.spool import MIB, NoRoom, Spool, folder_of

TOPIC = "ingest.heatmap.v1"
ROOM = 100_000


@asynccontextmanager
async def opened(path: Path, max_bytes: int = MIB) -> AsyncIterator[Spool]:
    spool = Spool(path, max_bytes)
    spool.open()
    spool.start(asyncio.get_running_loop())
    try:
        yield spool
    finally:
        await asyncio.to_thread(spool.stop)


def send(spool: Spool, *values: bytes, room: int = ROOM) -> asyncio.Future[OSError | None]:
    future: asyncio.Future[OSError | None] = asyncio.get_running_loop().create_future()
    spool.append(TOPIC, [(b"key", value) for value in values], future.set_result, room)
    return future


def values_in(path: Path) -> list[bytes]:
    """What a fresh start finds, oldest first."""
    folder = segments.SpoolFolder(path)
    folder.open(0)
    try:
        return [r.value for segment in folder.segments for r in folder.read(segment).records]
    finally:
        folder.close()


def only_segment(path: Path) -> Path:
    (found,) = path.glob("*.spool")
    return found


def bytes_on_disk(path: Path) -> int:
    return sum(file.stat().st_size for file in path.glob("*.spool"))


async def test_what_was_answered_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    sent = [b"%04d" % number for number in range(300)]
    async with opened(tmp_path) as spool:
        assert await asyncio.gather(*(send(spool, value) for value in sent)) == [None] * 300
        assert (spool.folder.events, spool.waiting) == (300, 0)
    async with opened(tmp_path) as spool:
        assert spool.folder.events == 300
        await send(spool, b"after")
    assert values_in(tmp_path) == [*sent, b"after"]


async def test_done_is_told_after_the_fsync_and_one_serves_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def counting(descriptor: int) -> None:
        real(descriptor)
        synced.append(descriptor)

    async with opened(tmp_path) as spool:
        await send(spool, b"makes the segment")
        monkeypatch.setattr(os, "fsync", counting)
        with spool._wake:  # the writer cannot begin before all of them wait
            futures = [send(spool, b"x") for _ in range(200)]
        seen: list[int] = []
        futures[0].add_done_callback(lambda _: seen.append(len(synced)))
        await asyncio.gather(*futures)
        assert seen == [1]
        assert len(synced) == 1


async def test_a_full_spool_takes_nothing_and_takes_again_when_drained(tmp_path: Path) -> None:
    async with opened(tmp_path, MIB) as spool:
        for _ in range(MIB // 30_050):
            assert await send(spool, bytes([65]) * 30_000) is None
        assert not spool.unready_reason
        with pytest.raises(NoRoom):
            send(spool, bytes([65]) * 30_000)
        assert spool.folder.size <= MIB
        await wait_until_async(lambda: spool.take_oldest() is not None)
        oldest = spool.take_oldest()
        assert oldest is not None
        spool.folder.remove(oldest)
        await send(spool, b"again")
        spool.report(0)
    assert bytes_on_disk(tmp_path) == spool.folder.size


async def test_too_many_that_wait_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        with spool._wake:
            first = send(spool, b"a", b"b", room=3)
            with pytest.raises(NoRoom):
                send(spool, b"c", b"d", room=3)
            second = send(spool, b"e", room=3)
        assert await asyncio.gather(first, second) == [None, None]


async def test_a_torn_tail_is_cut_off_and_the_rest_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        await send(spool, b"first")
        await send(spool, b"second")
    path = only_segment(tmp_path)
    whole = path.read_bytes()
    for cut in range(1, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        assert values_in(tmp_path) == [b"first"]
    path.write_bytes(whole + whole[:7])
    assert values_in(tmp_path) == [b"first", b"second"]
    assert path.read_bytes() == whole


async def test_a_damaged_record_in_the_middle_is_set_aside(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        for value in (b"first", b"second", b"third"):
            await send(spool, value)
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"second", b"sEcond"))
    async with opened(tmp_path) as spool:
        (segment,) = spool.folder.segments
        assert (segment.events, segment.damaged) == (2, 1)
        assert [r.value for r in spool.folder.read(segment).records] == [b"first", b"third"]
        assert segment.damaged == 1
        spool.folder.remove(segment)
        assert (spool.folder.events, spool.folder.size) == (0, 0)
    assert not path.exists()
    assert b"sEcond" in path.with_suffix(".kept").read_bytes()
    async with opened(tmp_path) as spool:
        await send(spool, b"later")
    assert values_in(tmp_path) == [b"later"]


async def test_two_gateways_do_not_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments.SpoolFolder.open, "__defaults__", (0.2,))
    async with opened(tmp_path):
        with pytest.raises(Misconfigured, match=r"GATEWAY_SPOOL_DIR.*another gateway"):
            Spool(tmp_path, MIB).open()


def test_a_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="GATEWAY_SPOOL_DIR"):
        Spool(tmp_path / "file" / "spool", MIB).open()


def test_the_folder_is_the_ports_own(tmp_path: Path) -> None:
    given = load({"STOREPULSE_HOME": str(tmp_path), "STOREPULSE_GATEWAY_PORT": "9"})
    assert folder_of(given) == tmp_path / "spool" / "gateway-9"
    given = given.model_copy(update={"gateway_spool_dir": tmp_path / "elsewhere"})
    assert folder_of(given) == tmp_path / "elsewhere"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a tmpfs cannot be mounted here: not root, or not allowed")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


async def test_a_full_disk_costs_those_who_wait_and_nobody_else(small_disk: Path) -> None:
    filling = small_disk / "something-else"
    async with opened(small_disk / "spool", 100 * MIB) as spool:
        assert await send(spool, b"before") is None
        filling.write_bytes(bytes(100_000))
        fault = None
        while fault is None:
            fault = await send(spool, bytes([66]) * 40_000)
        assert isinstance(fault, OSError)
        assert "No space" in spool.unready_reason
        with pytest.raises(NoRoom):
            send(spool, b"refused at once")
        events = spool.folder.events
        assert bytes_on_disk(small_disk / "spool") == spool.folder.size
        filling.unlink()
        await wait_until_async(lambda: not spool.unready_reason)
        assert await send(spool, b"after") is None
        assert spool.folder.events == events + 1
    found = values_in(small_disk / "spool")
    assert (found[0], found[-1], len(found)) == (b"before", b"after", events + 1)
