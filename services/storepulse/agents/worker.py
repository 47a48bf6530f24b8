"""The agents' process: checks what it needs, runs the application, watches it, stops cleanly."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from time import time
from typing import Any

import faust.streams
import psycopg
import uvicorn

from storepulse.adapters import logging, metrics
from storepulse.adapters.faust_slices import SliceApp
from storepulse.adapters.settings import Settings
from storepulse.adapters.topics_admin import states
from storepulse.agents.application import application, group_name
from storepulse.agents.health import health_app
from storepulse.agents.partitions import Partitions
from storepulse.agents.pipeline import EXIT_UNEXPECTED, Pipeline, leave
from storepulse.agents.reducers import REDUCERS
from storepulse.agents.stream_writer import StreamWriter
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.domain.errors import Misconfigured, Transient

log = logging.logger()

#: With records waiting and nothing applied for this long, the consumer is stuck: leave.
STUCK_SECONDS = 60
WATCH_SECONDS = 5
PARTITIONS_EVERY_SECONDS = 3600
TOPICS_EVERY_SECONDS = 15


def selected_streams(settings: Settings) -> list[str]:
    """Streams that this worker processes; Misconfigured where one does not exist."""
    names = [n.strip() for n in settings.agent_streams.split(",") if n.strip()] or list(REDUCERS)
    for name in names:
        if name not in REDUCERS:
            raise Misconfigured("STOREPULSE_AGENT_STREAMS", f"no such stream: {name}")
    return names


def required_topic_ids(settings: Settings, catalog: Catalog, streams: list[str]) -> dict[str, str]:
    """Kafka's ids of the ingest topics. Without all topics as declared, the worker does not run:
    a missing one would mean an empty assignment and a worker that idles without a word."""
    wanted = {n for s in streams for n in (catalog.ingest(s), catalog.events(s), catalog.dlq(s))}
    found = {state.name: state for state in states(settings) if state.name in wanted}
    for state in found.values():
        if state.partitions is None:
            raise Misconfigured(state.name, "no such topic; run `storepulse topics apply`")
        if state.partitions < state.declared_partitions:
            raise Misconfigured(state.name, f"has {state.partitions} partitions, too few")
    return {catalog.ingest(s): str(found[catalog.ingest(s)].topic_id) for s in streams}


def ensure_partitions(settings: Settings) -> None:
    """Makes the time partitions of the next days and months."""
    try:
        with psycopg.connect(settings.dsn, connect_timeout=10, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '10s'")
            connection.execute("SELECT ensure_partitions(now())")
    except psycopg.Error as error:
        raise Transient(f"PostgreSQL: {error}") from error


async def run(settings: Settings) -> int:
    """Runs one worker until it is told to stop; the process's exit code."""
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        raise Misconfigured("faust", "its C extension is missing; the other iterator loses events")
    metrics.describe_build("agents")
    catalog = load_catalog(settings.topic_prefix)
    streams = selected_streams(settings)
    ids = await asyncio.to_thread(required_topic_ids, settings, catalog, streams)
    await asyncio.to_thread(ensure_partitions, settings)

    stopping = threading.Event()
    partitions = Partitions(settings, group_name(settings), ids)
    pipelines = {
        name: Pipeline(
            settings,
            name,
            StreamWriter(settings, catalog, name, REDUCERS[name], stopping),
            partitions,
        )
        for name in streams
    }
    app = application(settings, catalog, pipelines, partitions.positions)
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)

    server = _metrics_server(settings, app)
    serving = asyncio.create_task(server.serve())
    app.finalize()
    starting = asyncio.create_task(app.start())
    by_topic = {catalog.ingest(name): pipeline for name, pipeline in pipelines.items()}
    watching = asyncio.create_task(_watch(settings, app, by_topic, partitions))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait([told, starting, watching], return_when=asyncio.FIRST_COMPLETED)
    failed = starting.exception() if starting.done() and not starting.cancelled() else None
    if failed is not None:
        log.critical("the consumer did not start", error=repr(failed))
    elif not stop.is_set():
        await asyncio.wait([told, watching], return_when=asyncio.FIRST_COMPLETED)
    crashed = not stop.is_set()
    log.info("stopping", crashed=crashed)
    stopping.set()
    for pipeline in pipelines.values():
        pipeline.stop()
    await asyncio.gather(*(pipeline.drain() for pipeline in pipelines.values()))
    try:
        await asyncio.wait_for(app.stop(), timeout=10)
    except TimeoutError:
        log.warning("the consumer did not stop in time")
    server.should_exit = True
    await asyncio.wait([serving], timeout=5)
    return EXIT_UNEXPECTED if crashed else 0


def _metrics_server(settings: Settings, app: SliceApp) -> uvicorn.Server:
    config = uvicorn.Config(
        health_app(app),
        host=settings.agent_metrics_host,
        port=settings.agent_metrics_port + settings.agent_slot,
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server


async def _watch(
    settings: Settings, app: SliceApp, pipelines: Mapping[str, Pipeline], partitions: Partitions
) -> None:
    """Reports lag, makes partitions ahead, and leaves a process that no longer moves.

    `pipelines` by their topics. Returns when the application crashed.
    """
    partitions_made_at = topics_asked_at = time()
    while not app.crashed and not app.should_stop:
        await asyncio.sleep(WATCH_SECONDS)
        if time() - partitions_made_at > PARTITIONS_EVERY_SECONDS:
            partitions_made_at = time()
            try:
                await asyncio.to_thread(ensure_partitions, settings)
            except Transient as error:
                log.warning("time partitions not made", reason=str(error))
        if time() - topics_asked_at > TOPICS_EVERY_SECONDS:
            topics_asked_at = time()
            await _leave_if_replaced(partitions)
        lag = _lag(app)
        for topic, pipeline in pipelines.items():
            if not lag.get(topic):
                pipeline.idle()
            elif time() - pipeline.moved_at > STUCK_SECONDS:
                if await _records_wait(app, partitions, topic):
                    leave("records wait and nothing moves", topic=topic, lag=lag[topic])
                pipeline.idle()


async def _leave_if_replaced(partitions: Partitions) -> None:
    """A topic that was made again has other records under the offsets that this process knows."""
    try:
        unchanged = await asyncio.to_thread(partitions.all_unchanged)
    except Transient as error:
        log.warning("topic ids unknown", reason=str(error))
        return
    if not unchanged:
        leave("a topic was made again under the same name")


def _lag(app: SliceApp) -> dict[str, int]:
    """By topic, records behind the end over all assigned partitions, as the consumer knows it."""
    consumer: Any = app.consumer
    total: Counter[str] = Counter()
    for tp in consumer.assignment():
        end = consumer.highwater(tp)
        committed = consumer._committed_offset.get(tp) or 0
        behind = max(0, (end or 0) - committed)
        metrics.CONSUMER_LAG.labels(tp.topic, str(tp.partition)).set(behind)
        total[tp.topic] += behind
    return total


async def _records_wait(app: SliceApp, partitions: Partitions, topic: str) -> bool:
    """Whether the broker has records of a topic that are not committed: the consumer counts those
    that retention removed, too."""
    consumer: Any = app.consumer
    for tp in [tp for tp in consumer.assignment() if tp.topic == topic]:
        try:
            low = await asyncio.to_thread(partitions.beginning, topic, tp.partition)
            high = await asyncio.to_thread(partitions.end, topic, tp.partition)
        except Transient as error:
            log.warning("the log's end is unknown", topic=topic, reason=str(error))
            return False
        if high > max(low, consumer._committed_offset.get(tp) or 0):
            return True
    return False


def main(settings: Settings) -> None:
    """Runs a worker and ends the process with its exit code."""
    logging.configure(settings, "agents", slot=settings.agent_slot)
    # Slices are hundreds of thousands of small objects without cycles: the collector would look at
    # each of them again and again.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    code = asyncio.run(run(settings))
    # Faust's and librdkafka's threads may linger; everything that matters is committed.
    os._exit(code)
