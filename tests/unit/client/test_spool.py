"""A spool on disk, by its own calls: what a broken disk does to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storepulse.client.encoding import QueuedEvent
from storepulse.client.segments import SpoolSegment
from storepulse.client.spool import SpoolBacklog

FIRST, SECOND, THIRD = (QueuedEvent("activity", f"e-{n}", b'{"n":%d}' % n) for n in range(3))


def refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture
def spool(tmp_path: Path) -> SpoolBacklog:
    return SpoolBacklog(tmp_path, "a", 1_000_000, 500)


def test_what_the_disk_refuses_waits_in_memory(
    spool: SpoolBacklog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spool.add([FIRST], 5.0) == []
    with monkeypatch.context() as patch:
        patch.setattr(SpoolSegment, "write", refuse)
        assert spool.add([SECOND], 4.0) == []
    assert (spool.is_safe, spool.waiting_count, spool.oldest_time()) == (False, 1, 4.0)
    assert spool.fault is not None
    assert "No space left" in spool.fault
    assert spool.add([THIRD], 6.0) == []
    for events in ([FIRST, THIRD], [SECOND]):
        portion = spool.take()
        assert portion is not None
        assert (portion.events, portion.is_own) == (events, True)
        assert not spool.is_safe
        spool.settle(portion)
    assert (spool.is_safe, spool.take(), spool.oldest_time()) == (True, None, None)


def test_a_segment_that_cannot_be_read_stays(
    spool: SpoolBacklog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.add([FIRST], 5.0)
    with monkeypatch.context() as patch:
        patch.setattr(SpoolSegment, "content", refuse)
        assert spool.take() is None
        assert spool.fault is not None
    assert len(list(tmp_path.glob("*.events"))) == 1
    spool.look_for_others()
    portion = spool.take()
    assert portion is not None
    assert (portion.events, portion.is_own) == ([FIRST], True)
    spool.settle(portion)
    assert list(tmp_path.iterdir()) == []


def test_the_bound_of_bytes_drops_and_is_no_fault(tmp_path: Path) -> None:
    spool = SpoolBacklog(tmp_path, "a", 30, 500)
    assert spool.add([FIRST, SECOND], 5.0) == [SECOND]
    assert (spool.is_safe, spool.fault) == (True, None)
