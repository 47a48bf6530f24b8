"""The slice is acknowledged to Kafka before the database has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storepulse import cli
from storepulse.slices.pipeline import Pipeline

_apply = Pipeline._apply


async def apply(self: Any, stream: Any, event: Any, prepared: Any, lane: Any) -> None:
    await stream.ack(event)
    acknowledged = replace(prepared, slice=replace(prepared.slice, generation=-1))
    await _apply(self, stream, event, acknowledged, lane)


if __name__ == "__main__":
    Pipeline._apply = apply  # type: ignore[method-assign]
    cli.main()
