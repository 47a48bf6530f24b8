"""Watches a running application: reports lag, and leaves a process that no longer moves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from time import time
from typing import Any

from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient
from storepulse.slices.halts import Halts
from storepulse.slices.lag import Lag
from storepulse.slices.partitions import Partitions
from storepulse.slices.pipeline import Pipeline, leave
from storepulse.slices.transport import SliceApp

log = logger()

#: With records waiting and nothing applied for this long, the consumer is stuck: leave.
STUCK_SECONDS = 60
WATCH_SECONDS = 5
TOPICS_EVERY_SECONDS = 15


async def watch(
    app: SliceApp,
    pipelines: Mapping[str, Pipeline[Any]],
    partitions: Partitions,
    halts: Halts,
) -> None:
    """Returns when the application crashed; `pipelines` by their topics.

    A halted partition waits for a person: that nothing of it moves says nothing.
    """
    topics_asked_at, lags = time(), Lag(app, partitions)
    while not app.crashed and not app.should_stop:
        await asyncio.sleep(WATCH_SECONDS)
        if time() - topics_asked_at > TOPICS_EVERY_SECONDS:
            topics_asked_at = time()
            await _leave_if_replaced(partitions)
        await _remember(halts, partitions)
        waiting = await lags.look()
        lag: Counter[str] = Counter()
        for (topic, partition), (records, _) in waiting.items():
            lag[topic] += 0 if (topic, partition) in halts else records
        for topic, pipeline in pipelines.items():
            pipeline.freshness.look(
                {p: at for (name, p), (records, at) in waiting.items() if name == topic and records}
            )
            if not lag[topic]:
                pipeline.idle()
            elif time() - pipeline.moved_at > STUCK_SECONDS:
                if await lags.records_wait(topic, halts):
                    leave("records wait and nothing moves", topic=topic, lag=lag[topic])
                pipeline.idle()


async def _remember(halts: Halts, partitions: Partitions) -> None:
    """Repeats what is halted, and lets the database know."""
    halts.repeat()
    for halt in halts.unsaved():
        try:
            await asyncio.to_thread(partitions.remember, halt)
        except Transient as error:
            log.warning("a halt is not kept yet", topic=halt.topic, reason=str(error))
            return
        halts.saved(halt)


async def _leave_if_replaced(partitions: Partitions) -> None:
    """A topic that was made again has other records under the offsets that this process knows."""
    try:
        unchanged = await asyncio.to_thread(partitions.all_unchanged)
    except Transient as error:
        log.warning("topic ids unknown", reason=str(error))
        return
    if not unchanged:
        leave("a topic was made again under the same name")
