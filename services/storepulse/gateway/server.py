"""Run the gateway: wire it, listen, and stop without losing events that were answered 2xx.

On SIGTERM: stop accepting, finish what is in flight, flush. After a fatal error of the producer the
process exits with a code on which the supervisor starts another.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Mapping
from time import time

from storepulse.access.table_reader import TableReader
from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.event_loop import new_loop
from storepulse.adapters.http.endpoint_paths import EndpointPaths
from storepulse.adapters.http.limits import ConnectionLimits
from storepulse.adapters.http.listening import listen
from storepulse.adapters.http.server import HttpServer
from storepulse.adapters.logging import logger
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.domain.experiments.previews import PURPOSE
from storepulse.experiments.running import RunningTests
from storepulse.gateway.admission import Admission, admission_of
from storepulse.gateway.application import GatewayApplication, ReadServices
from storepulse.gateway.collector import Collector
from storepulse.gateway.direct_requests import DirectRequests
from storepulse.gateway.endpoints import Endpoint, endpoints
from storepulse.gateway.event_store import EventStore
from storepulse.gateway.experiments.answering import ReadAnswers
from storepulse.gateway.experiments.exposing import Exposer
from storepulse.gateway.experiments.named_stores import stores_of_tests
from storepulse.gateway.experiments.paths import PUBLIC_READS, find_read
from storepulse.gateway.experiments.reads import ExperimentReads
from storepulse.gateway.exposures import ExposurePublisher
from storepulse.gateway.ingest_streams import ingest_streams
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.gateway.own_work import CallMeter
from storepulse.gateway.passing.query_service import QueryService
from storepulse.gateway.publishing.publisher import Publisher
from storepulse.gateway.readiness import GatewayReadiness
from storepulse.gateway.rejects import Rejects
from storepulse.gateway.responder import Responder
from storepulse.gateway.shedding import room_of
from storepulse.gateway.spool.drain import Drain
from storepulse.gateway.spool.spool import MIB, Spool, folder_of
from storepulse.gateway.tracker.files import read_tracker

FATAL_EXIT = 70
#: In addition to the time that the broker may take.
GRACE_SECONDS = 2.0


def run(settings: Settings, clock: Clock) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. Plan limits use `clock`."""
    sock = listen(settings.gateway_host, settings.gateway_port, "STOREPULSE_GATEWAY_PORT")
    sock.set_inheritable(True)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_serve(settings, sock, clock))


async def _serve(settings: Settings, sock: socket.socket, clock: Clock) -> int:
    catalog = load_catalog(settings.topic_prefix)
    names = DatabaseNames()
    streams = ingest_streams(settings, catalog, NewNameLimits(settings, names))
    topics = frozenset({catalog.rejected, *(stream.topic for stream in streams.values())})
    metrics.describe_build("gateway")
    spool = _spool(settings)
    publisher = Publisher(settings, topics)
    tables = TableReader(settings.dsn, SecretBox.of(settings), clock)
    admission = admission_of(settings, tables.keys)
    table = endpoints(settings)
    rejects = _rejects(settings, publisher, catalog.rejected)
    responder = Responder([*table, *(path for _, path in PUBLIC_READS)])
    calls = CallMeter(streams["usage"], publisher, spool, settings.usage_meter_seconds)
    store = EventStore(publisher, spool, responder, settings.gateway_max_in_flight, calls)
    collector = Collector(settings, streams, admission, store, rejects, responder, tables.stores)
    readiness = GatewayReadiness(settings, publisher.broker, spool, tables, admission.checks)
    running = RunningTests(settings.dsn)
    streams["experiment"].enveloper.name_stores_by(stores_of_tests(running.table))
    exposures = ExposurePublisher(
        streams["experiment"], publisher, spool, admission.reader, tables.stores
    )
    reads = _read_services(settings, admission, running, exposures, responder)
    application = GatewayApplication(
        admission, publisher, table, reads, spool, readiness, settings.gateway_max_batch
    )
    limits = _limits_of(settings, table)
    direct = DirectRequests(collector, reads.experiments)
    server = HttpServer("gateway", application, limits, EndpointPaths(table), direct, find_read)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    publisher.on_fatal = stop.set
    publisher.start(loop)
    tables.start()
    names.start(settings.dsn)
    running.start()
    draining = _start(spool, publisher, topics, settings)
    metering = asyncio.create_task(calls.run())
    _tune_garbage_collection()
    logger().info("gateway_started", host=settings.gateway_host, port=settings.gateway_port)
    await server.serve(sock, stop, settings.gateway_delivery_timeout_ms / 1000 + GRACE_SECONDS)
    metering.cancel()
    calls.send(int(time() * 1000))
    if draining is not None:
        draining.cancel()
    undelivered = await publisher.stop(settings.gateway_delivery_timeout_ms / 1000)
    _stop(tables, names, running)
    if spool is not None:
        await asyncio.to_thread(spool.stop)
    if reads.query is not None:
        await reads.query.close()
    logger().info("gateway_stopped", undelivered=undelivered, fatal=publisher.broker.fatal)
    return FATAL_EXIT if publisher.broker.fatal else 0


def _tune_garbage_collection() -> None:
    """Exclude long-lived startup objects from collections, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _rejects(settings: Settings, publisher: Publisher, topic: str) -> Rejects:
    return Rejects(
        publisher,
        topic,
        settings.gateway_reject_topic_per_second,
        settings.gateway_reject_topic_bytes_per_second,
    )


def _read_services(
    settings: Settings,
    admission: Admission,
    running: RunningTests,
    exposures: ExposurePublisher,
    responder: Responder,
) -> ReadServices:
    keys = SecretBox.of(settings).signing_keys(PURPOSE)
    reads = ExperimentReads(settings, admission, running.table, keys)
    exposer = Exposer(exposures.publish, settings.gateway_exposure_wait_ms / 1000)
    query = QueryService(settings, admission) if settings.gateway_proxy_reads else None
    answers = ReadAnswers(admission.reader, reads, exposer, responder)
    return ReadServices(answers, read_tracker(), query)


def _stop(tables: TableReader, names: DatabaseNames, running: RunningTests) -> None:
    for known in (tables, names, running):
        known.stop()


def _limits_of(settings: Settings, table: Mapping[str, Endpoint]) -> ConnectionLimits:
    return ConnectionLimits(
        settings.gateway_max_body_bytes,
        settings.gateway_read_timeout_seconds,
        large_body_bytes=max(endpoint.body_bytes for endpoint in table.values()),
    )


def _spool(settings: Settings) -> Spool | None:
    """The recovered spool, if the settings enable it. Raises Misconfigured."""
    if settings.gateway_spool == "off":
        return None
    spool = Spool(folder_of(settings), settings.gateway_spool_max_mb * MIB)
    spool.open()
    return spool


def _start(
    spool: Spool | None, publisher: Publisher, topics: frozenset[str], settings: Settings
) -> asyncio.Task[None] | None:
    """Start the spool and its drain."""
    if spool is None:
        return None
    spool.start(asyncio.get_running_loop())
    publisher.broker.has_trial = lambda: bool(spool.folder.segments)
    drain = Drain(spool, publisher, topics, room_of("low", settings.gateway_max_in_flight))
    return asyncio.create_task(drain.run())
