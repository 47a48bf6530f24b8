"""What stops the thread that reads for those who watch: nothing but who started it."""

from __future__ import annotations

import threading

import pytest
from confluent_kafka import KafkaError, KafkaException

from storepulse.adapters.settings import Settings
from storepulse.query.live import tail
from storepulse.query.live.tail import Tail, TailBatch


@pytest.mark.parametrize("fault", [KafkaException(KafkaError(-195)), ValueError("odd"), None])
def test_neither_kafka_nor_who_is_told_ends_it(
    monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    reads, told = [], []
    came_back = threading.Event()

    def read(_tail: Tail) -> None:
        reads.append(len(told))
        if len(reads) == 3:
            came_back.set()
        if fault is not None:
            raise fault

    def hand_over(batch: TailBatch) -> None:
        told.append(batch)
        raise RuntimeError("nobody listens")

    monkeypatch.setattr(tail, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(Tail, "_read", read)
    thread = Tail(Settings(), hand_over)
    thread.start()
    assert came_back.wait(20)
    thread.stop()
    assert reads[:3] == [0, 1, 2]
    assert all(batch.is_away for batch in told)
