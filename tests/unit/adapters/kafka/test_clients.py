"""The bounds of a partition, while its leader moves."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from storepulse.adapters.kafka.clients import read_bounds


class Consumer:
    """Fails with these codes, then answers."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    def get_watermark_offsets(self, _asked: Any, timeout: float) -> tuple[int, int]:
        assert timeout > 0
        if self.codes:
            raise KafkaException(KafkaError(self.codes.pop(0)))
        return 3, 7


def test_a_leader_that_moves_is_waited_for() -> None:
    moves = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
    consumer: Any = Consumer(*moves)
    assert read_bounds(consumer, "t", 0, 2.0) == (3, 7)


@pytest.mark.parametrize(
    ("code", "seconds"),
    [(KafkaError.NOT_LEADER_FOR_PARTITION, 0.3), (KafkaError.UNKNOWN_TOPIC_OR_PART, 5.0)],
)
def test_not_for_ever_and_for_nothing_else(code: int, seconds: float) -> None:
    consumer: Any = Consumer(*[code] * 100)
    with pytest.raises(KafkaException):
        read_bounds(consumer, "t", 0, seconds)
    assert len(consumer.codes) >= 95
