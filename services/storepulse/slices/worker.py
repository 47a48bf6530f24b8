"""The process around consumers: checks what it needs, runs, is watched, stops cleanly."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, NoReturn

import faust.streams

from storepulse.adapters import logging, metrics
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured
from storepulse.slices.application import Member, make_application
from storepulse.slices.consumer import Consumer
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.halts import Halts
from storepulse.slices.partitions import Partitions
from storepulse.slices.pipeline import Pipeline
from storepulse.slices.process_exit import EXIT_UNEXPECTED
from storepulse.slices.topics import check_topics
from storepulse.slices.watching.database_probe import database_probe
from storepulse.slices.watching.health import (
    Facts,
    OwnChecks,
    health_app,
    listen_for,
    serve_health,
)
from storepulse.slices.watching.kafka_probe import KafkaProbe
from storepulse.slices.watching.watchdog import watch
from storepulse.slices.writer import PatientWriter

log = logging.logger()

STOP_SECONDS = 10

#: A task beside the consumers, which returns soon after the event is set. If it ends earlier or
#: raises, the process ends.
Chore = Callable[[asyncio.Event], Awaitable[None]]


async def run(
    settings: Settings,
    member: Member,
    consumers: Sequence[Consumer[Any]],
    written_topics: Collection[str] = (),
    chores: Sequence[Chore] = (),
    own_checks: OwnChecks = tuple,
) -> int:
    """Run consumers and chores until the process is told to stop, and return its exit code.

    `own_checks`: checks for `/readyz` besides those of every consumer.
    `written_topics`: topics that must exist besides those that are read. Raises Misconfigured if a
    topic is missing, and Transient if Kafka is unavailable at the start.
    """
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        raise Misconfigured("faust", "its C extension is missing; the other iterator loses events")
    metrics.describe_build(member.process)
    sock = listen_for(member)
    read_topics = [consumer.topic for consumer in consumers]
    ids = await asyncio.to_thread(check_topics, settings, read_topics, written_topics)
    partitions = Partitions(settings, member.group_name(settings), ids)
    stopping = threading.Event()
    halts = Halts()
    pipelines = {
        c.topic: _make_pipeline(settings, member, c, partitions, halts, stopping) for c in consumers
    }
    app = make_application(settings, member, pipelines, partitions.read_positions, halts)
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)

    health_stop = asyncio.Event()
    probe = KafkaProbe(settings, member.group_name(settings), read_topics[0])
    probe.start()
    database = database_probe(settings.dsn)
    database.start()
    facts = Facts(member.process, app, halts, probe.state, database, own_checks)
    health_task = asyncio.create_task(
        serve_health(settings, member.process, health_app(facts), sock, health_stop)
    )
    app.finalize()
    start_task = asyncio.create_task(app.start())
    watch_task = asyncio.create_task(watch(app, pipelines, partitions, halts))
    chore_tasks = [asyncio.ensure_future(chore(stop)) for chore in chores]
    await _wait_for_end(stop, start_task, [watch_task, health_task, *chore_tasks])
    has_crashed = not stop.is_set()
    log.info("stopping", crashed=has_crashed)
    stop.set()
    stopping.set()
    for pipeline in pipelines.values():
        pipeline.stop()
    await asyncio.gather(*(pipeline.drain() for pipeline in pipelines.values()))
    await _stop(app)
    if chore_tasks:
        await asyncio.wait(chore_tasks, timeout=STOP_SECONDS)
    probe.stop()
    database.stop()
    health_stop.set()
    await asyncio.wait([health_task], timeout=STOP_SECONDS)
    return EXIT_UNEXPECTED if has_crashed else 0


def _make_pipeline(
    settings: Settings,
    member: Member,
    consumer: Consumer[Any],
    partitions: Partitions,
    halts: Halts,
    stopping: threading.Event,
) -> Pipeline[Any]:
    session = member.session_name(consumer.name)
    writers = [
        PatientWriter(settings, consumer.name, session, consumer.make_transaction, stopping)
        for _ in range(consumer.lanes)
    ]
    return Pipeline(settings, consumer, writers, partitions, halts)


async def _wait_for_end(
    stop: asyncio.Event,
    start_task: asyncio.Future[Any],
    lasting_tasks: Sequence[asyncio.Future[Any]],
) -> None:
    """Return when the process is told to stop, or when a task ended that should not."""
    stop_task: asyncio.Future[Any] = asyncio.create_task(stop.wait())
    await asyncio.wait([stop_task, start_task, *lasting_tasks], return_when=asyncio.FIRST_COMPLETED)
    start_error = (
        start_task.exception() if start_task.done() and not start_task.cancelled() else None
    )
    if start_error is not None:
        log.critical("the consumer did not start", error=repr(start_error))
    elif not stop.is_set():
        await asyncio.wait([stop_task, *lasting_tasks], return_when=asyncio.FIRST_COMPLETED)
    for future in lasting_tasks:
        error = future.exception() if future.done() and not future.cancelled() else None
        if error is not None:
            log.critical("unexpected error", error=repr(error))


async def _stop(app: SliceApp) -> None:
    try:
        await asyncio.wait_for(app.stop(), timeout=STOP_SECONDS)
    except TimeoutError:
        log.warning("the consumer did not stop in time")


def main(
    settings: Settings, member: Member, running: Callable[[], Coroutine[Any, Any, int]]
) -> NoReturn:
    """Run a process and end it with the exit code that `running` returns."""
    logging.configure(settings, member.process, slot=member.slot)
    # Slices are hundreds of thousands of small objects without cycles, which the garbage collector
    # would scan again and again.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    code = asyncio.run(running())
    # Faust's and librdkafka's threads may linger; everything important is committed.
    os._exit(code)
