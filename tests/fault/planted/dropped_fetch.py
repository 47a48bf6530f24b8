"""The first fetch after a rebalance comes back while the flow is still inactive, and is dropped
without seeking back: the position stays moved past records that nobody has seen.

With the broker's word on such records off, on which the process otherwise leaves and reads again.
"""

from __future__ import annotations

from typing import Any

from storepulse import cli
from storepulse.slices.driver.slice_consumer import SliceConsumer
from storepulse.slices.partitions import Partitions

_wait = SliceConsumer._wait_next_records


def plant() -> None:
    generations: set[int] = set()

    async def wait_next_records(self: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
        records, active = await _wait(self, timeout)
        generation = self.app.consumer_generation_id
        if records and generation not in generations:
            generations.add(generation)
            return {}, active
        return records, active

    SliceConsumer._wait_next_records = wait_next_records
    Partitions.holds_record = lambda *_: False  # type: ignore[method-assign]


if __name__ == "__main__":
    plant()
    cli.main()
