"""Watches a running application: reports lag, and exits a process that makes no progress."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from time import time
from typing import Any

from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.halts import Halts
from storepulse.slices.partitions import Partitions
from storepulse.slices.pipeline import Pipeline
from storepulse.slices.process_exit import leave
from storepulse.slices.watching.lag import Lag

log = logger()

#: If records wait and nothing is applied for this long, the consumer is stuck and exits.
STUCK_SECONDS = 60
WATCH_SECONDS = 5
TOPICS_EVERY_SECONDS = 15


async def watch(
    app: SliceApp,
    pipelines: Mapping[str, Pipeline[Any]],
    partitions: Partitions,
    halts: Halts,
) -> None:
    """Watch until the application crashes; `pipelines` is keyed by topic.

    Halted partitions are ignored: they wait for an operator and do not move.
    """
    topics_checked_at, lag_meter = time(), Lag(app, partitions)
    while not app.crashed and not app.should_stop:
        await asyncio.sleep(WATCH_SECONDS)
        if time() - topics_checked_at > TOPICS_EVERY_SECONDS:
            topics_checked_at = time()
            await _leave_if_replaced(partitions)
        await _save(halts, partitions)
        lag_of = await lag_meter.measure()
        lag_of_topic: Counter[str] = Counter()
        for (topic, partition), (records, _) in lag_of.items():
            lag_of_topic[topic] += 0 if (topic, partition) in halts else records
        for topic, pipeline in pipelines.items():
            pipeline.freshness.update(
                {
                    p: offset
                    for (name, p), (records, offset) in lag_of.items()
                    if name == topic and records
                }
            )
            if not lag_of_topic[topic]:
                pipeline.mark_idle()
            elif time() - pipeline.moved_at > STUCK_SECONDS:
                if await lag_meter.has_waiting_records(topic, halts):
                    leave("records wait and nothing moves", topic=topic, lag=lag_of_topic[topic])
                pipeline.mark_idle()


async def _save(halts: Halts, partitions: Partitions) -> None:
    """Log the halts again, and store new ones in the database."""
    halts.log_again()
    for halt in halts.find_unsaved():
        try:
            await asyncio.to_thread(partitions.remember, halt)
        except Transient as error:
            log.warning("a halt is not kept yet", topic=halt.topic, reason=str(error))
            return
        halts.mark_saved(halt)


async def _leave_if_replaced(partitions: Partitions) -> None:
    """Exit if a topic was recreated: its offsets then belong to other records."""
    try:
        are_unchanged = await asyncio.to_thread(partitions.are_all_unchanged)
    except Transient as error:
        log.warning("topic ids unknown", reason=str(error))
        return
    if not are_unchanged:
        leave("a topic was made again under the same name")
