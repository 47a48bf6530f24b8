"""All metrics, each declared once with the processes that export it.

Labels are bounded: never a store, a session, a URL or a message. A process exports only its own
metrics, so that a gauge that is never set does not show 0 as if it were measured.
"""

from __future__ import annotations

import platform
from collections.abc import Collection
from time import time
from typing import Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

from storepulse import __version__
from storepulse.adapters.one_thread_histogram import OneThreadHistogram

#: All metrics, independent of the process.
REGISTRY = CollectorRegistry(auto_describe=True)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LATENCY = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLICE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

M = TypeVar("M", bound=Collector)
Process = Literal["gateway", "agents", "delivery", "query"]
EventOutcome = Literal[
    "accepted", "rejected", "limited", "spooled", "unavailable", "error", "ignored"
]

#: For each metric's name without `_total`: its labels, and the processes that export it.
LABELS: dict[str, tuple[str, ...]] = {}
OWNERS: dict[str, tuple[Process, ...]] = {}
_COLLECTORS: dict[str, Collector] = {}


class _Owners:
    """Declares the metrics of some processes."""

    def __init__(self, *processes: Process) -> None:
        self._processes = processes

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return self._keep(name, labels, Counter(_full_name(name), text, labels, registry=None))

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return self._keep(name, labels, Gauge(_full_name(name), text, labels, registry=None))

    def histogram(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = _LATENCY
    ) -> Histogram:
        histogram = Histogram(_full_name(name), text, labels, buckets=buckets, registry=None)
        return self._keep(name, labels, histogram)

    def one_thread_histogram(self, name: str, text: str, *labels: str) -> OneThreadHistogram:
        """A histogram for observations of each request on its event loop."""
        histogram = OneThreadHistogram(_full_name(name), text, labels, _LATENCY)
        return self._keep(name, labels, histogram)

    def _keep(self, name: str, labels: tuple[str, ...], metric: M) -> M:
        family = _full_name(name).removesuffix("_total")
        LABELS[family], OWNERS[family], _COLLECTORS[family] = labels, self._processes, metric
        REGISTRY.register(metric)
        return metric


def _full_name(name: str) -> str:
    return f"storepulse_{name}"


def forget_others(gauge: Gauge, kept: Collection[tuple[str, ...]]) -> None:
    """Remove a gauge's values under all labels but `kept`.

    Otherwise the last values of removed objects would still be shown and alerted on.
    """
    shown = {tuple(sample.labels.values()) for one in gauge.collect() for sample in one.samples}
    for labels in shown.difference(kept):
        gauge.remove(*labels)


_every_process = _Owners("gateway", "agents", "delivery", "query")
_gateway = _Owners("gateway")
_agents = _Owners("agents")
_delivery = _Owners("delivery")
_consumers = _Owners("agents", "delivery")
_query = _Owners("query")

BUILD_INFO = _every_process.gauge(
    "build_info", "Version of the running code", "version", "python", "service"
)
PROCESS_STARTED = _every_process.gauge(
    "process_start_time_seconds", "When this process started, seconds since 1970"
)
KAFKA_UP = _every_process.gauge("kafka_up", "1 while Kafka answers this process")
DATABASE_UP = _every_process.gauge("database_up", "1 while PostgreSQL answers this process")
_writers = _Owners("gateway", "delivery")
DISK_FREE = _writers.gauge(
    "disk_free_bytes", "Free bytes for this process on the file system of a folder", "folder"
)
DISK_SIZE = _writers.gauge("disk_size_bytes", "Size of the file system of a folder", "folder")

# HTTP, in the gateway and the query service
HTTP_REQUESTS = _every_process.counter(
    "http_requests_total", "Requests by route template and status", "service", "route", "status"
)
HTTP_SECONDS = _Owners("gateway", "query").one_thread_histogram(
    "http_request_seconds", "Time to the answer", "service", "route"
)
RATE_LIMITED = _gateway.counter("rate_limited_total", "Requests refused with 429", "limit")

# Gateway
INGEST_EVENTS = _gateway.counter(
    "ingest_events_total", "Events by stream and outcome", "stream", "outcome"
)
PLAN_REFUSED = _gateway.counter(
    "plan_refused_events_total",
    "Events refused with PLAN_LIMIT by the meter whose hard limit was reached; custom: any meter"
    " of a shop's own",
    "meter",
)
EXPERIMENTS_SERVED = _gateway.gauge(
    "experiments_served", "Experiments that the gateway serves: running, paused and completed ones"
)
EXPOSURES = _gateway.counter(
    "experiment_exposures_total",
    "Exposures by outcome: stored; known (stored within the last hour); late; refused",
    "outcome",
)
INGEST_REPLACED_NULS = _gateway.counter(
    "ingest_replaced_nul_total", "NUL characters in free text that became U+FFFD", "stream"
)
INGEST_LEFT_OUT = _gateway.counter(
    "ingest_left_out_total",
    "Descriptive fields left out of accepted events because they could not be read",
    "stream",
    "field",
)
INGEST_FOLDED = _gateway.counter(
    "ingest_folded_names_total",
    "Events whose page, selector, landing page or custom name is beyond the cap of new names",
    "kind",
)
KNOWN_NAMES_READ = _gateway.gauge(
    "ingest_known_names_read",
    "1 once the gateway has read the known names of stores, pages, selectors, landing pages and"
    " custom events from the database since its start",
    "kind",
)
PRODUCE_SECONDS = _gateway.one_thread_histogram(
    "produce_ack_seconds", "Time from produce to the broker's acknowledgement"
)
IN_FLIGHT = _gateway.gauge(
    "ingest_in_flight_events", "Events waiting for the broker's acknowledgement"
)
SPOOLED = _gateway.gauge("ingest_spooled_events", "Events on the gateway's disk, not yet in Kafka")
SPOOL_BYTES = _gateway.gauge("ingest_spool_bytes", "Bytes of events in the spool")
SPOOL_RATIO = _gateway.gauge("ingest_spool_capacity_ratio", "Share of the spool's capacity in use")
SPOOL_OLDEST = _gateway.gauge(
    "ingest_spool_oldest_age_seconds", "Age of the oldest event in the spool"
)
SPOOL_FAILING = _gateway.gauge("ingest_spool_failing", "1 while the spool's disk refuses writes")
SPOOL_SYNC_SECONDS = _gateway.histogram(
    "ingest_spool_sync_seconds", "Time to write and fsync one group of events", buckets=_LATENCY
)
SPOOL_DRAINED = _gateway.counter(
    "ingest_spool_drained_total", "Events moved from the spool to Kafka"
)
SPOOL_CORRUPT = _gateway.counter(
    "ingest_spool_corrupt_total",
    "Damaged parts of the spool and events that cannot be sent; their files are kept",
)
SPOOL_TORN = _gateway.counter(
    "ingest_spool_torn_total",
    "Unfinished writes removed at a start; they were not answered with 2xx",
)
KAFKA_WRITABLE = _gateway.gauge("kafka_writable", "1 while the broker acknowledges writes")
REJECTS_NOT_KEPT = _gateway.counter(
    "ingest_rejects_not_kept_total", "Rejected beacons above the rate kept in dlq.ingest"
)

# Agents
LIMITS_REACHED = _agents.counter(
    "plan_limits_reached_total",
    "Limits of stores' plans that were reached, by meter and level: soft, hard",
    "meter",
    "level",
)
SLICES = _consumers.counter("slices_total", "Slices by stream and outcome", "stream", "outcome")
EVENTS_PROCESSED = _consumers.counter(
    "events_processed_total",
    "Events by stream and outcome: applied, duplicate, conflict, dead, redelivered",
    "stream",
    "outcome",
)
SLICE_SECONDS = _consumers.histogram(
    "slice_seconds", "Time of a slice by step", "stream", "step", buckets=_SLICE
)
ROWS_WRITTEN = _agents.counter("rows_written_total", "Rows inserted or updated", "table")
CONSUMER_LAG = _Owners("agents", "delivery", "query").gauge(
    "consumer_lag_records", "Records that are not processed yet", "topic", "partition"
)
CONSUMER_WITHHELD = _consumers.gauge(
    "consumer_withheld_records",
    "Records held back by a producer's open transaction",
    "topic",
    "partition",
)
FRESHNESS = _Owners("agents", "delivery", "query").gauge(
    "freshness_seconds",
    "Age of the oldest event that waits; if none waits, of the newest event when it was applied",
    "stream",
)
DEAD_LETTERS = _consumers.counter(
    "dead_letters_total", "Records set aside by stream and stage", "stream", "stage"
)
DEAD_LETTERS_OPEN = _delivery.gauge("dead_letters_open", "Open dead letters", "stream", "reason")
AGENT_HALTED = _consumers.gauge(
    "agent_halted",
    "1 while a partition is halted until an operator acts: most of a slice did not decode",
    "stream",
    "partition",
)
DERIVED_EVENTS = _agents.counter(
    "derived_events_total", "Events that the agents derived from others, by name", "name"
)
DERIVED_OVERDUE = _agents.gauge(
    "derived_overdue_seconds",
    "How long the oldest abandoned cart has been due, plus the time since the last check",
)
EXPERIMENTS_UNSETTLED = _agents.gauge(
    "experiments_unsettled_seconds",
    "Age of the oldest start or end of a phase whose figures are not settled yet",
)
TRANSIENT_FAULTS = _consumers.counter(
    "transient_faults_total", "Temporary faults that were retried", "stream", "server"
)

# Delivery; destinations are few and named by administrators
DELIVERIES = _delivery.counter(
    "deliveries_total",
    "Deliveries by destination and outcome: sent, failed, skipped",
    "destination",
    "outcome",
)
DELIVERY_ATTEMPTS = _delivery.counter(
    "delivery_attempts_total",
    "Requests by destination and outcome: delivered, retry, refused, gone",
    "destination",
    "outcome",
)
DELIVERY_SECONDS = _delivery.histogram(
    "delivery_attempt_seconds", "Duration of a request", "destination", buckets=_LATENCY
)
DELIVERY_PENDING = _delivery.gauge(
    "delivery_pending_events", "Events waiting to be sent", "destination"
)
DELIVERY_QUEUE_AGE = _delivery.gauge(
    "delivery_queue_age_seconds", "Age of the oldest event waiting to be sent", "destination"
)
DELIVERY_BREAKER = _delivery.gauge(
    "delivery_breaker_open",
    "State of the circuit breaker: 1 open, 0.5 probing, 0 closed",
    "destination",
)
DELIVERY_ACCOUNT_FAULT = _delivery.gauge(
    "delivery_account_fault",
    "1 while a destination refuses the account (secret, token, rights, version), not the events",
    "destination",
)
DELIVERY_DISABLED = _delivery.gauge(
    "delivery_destination_disabled", "1 for a destination that is disabled", "destination"
)

# Stores' settings, as the gateway holds them in memory
STORES_KNOWN = _gateway.gauge("stores_known", "Stores whose settings this process knows")
STORES_READ_AGE = _gateway.gauge(
    "stores_read_age_seconds",
    "Time since this process last read keys and stores' settings; -1 before the first time",
)
IMAGES = _delivery.counter(
    "images_total",
    "Images to archive by outcome: kept, refused, skipped (a limit), away (cannot be fetched now)",
    "outcome",
)
IMAGE_BYTES = _delivery.counter(
    "image_bytes_total", "Bytes of images, fetched or carried by events"
)

# Live views
LIVE_READERS = _Owners("query").gauge("live_readers", "Open streams of live events")
LIVE_LEFT_OUT = _Owners("query").counter(
    "live_left_out_total",
    "Events that live views did not show because of their rate (rate), and times that reading fell"
    " behind and skipped to the end (behind)",
    "reason",
)

# The console
CONSOLE_SIGN_INS = _query.counter(
    "console_sign_ins_total",
    "Attempts to sign in to the console: begun, refused, limited",
    "outcome",
)

# PostgreSQL
POOL_CONNECTIONS = _Owners("delivery", "query").gauge(
    "db_pool_connections", "Connections of the database pool", "state"
)
LEDGER_MISMATCH = _agents.gauge(
    "ledger_mismatch_events", "Offsets in the ledger minus events it counts as accepted", "stream"
)

OWN_WORK = _Owners("gateway", "agents").counter(
    "own_work_events_total", "Usage events sent for built-in meters, by meter", "meter"
)
USAGE_STATEMENTS = _agents.counter(
    "usage_statements_total", "Usage statements of closed months that this process created"
)

RETENTION_DELETED = _delivery.counter(
    "retention_deleted_total", "Rows removed because they were too old", "table"
)


_exposed = REGISTRY


def describe_build(process: Process) -> None:
    """Set the process's identity: from now on it exports its own metrics only."""
    global _exposed  # noqa: PLW0603 - one process, one set of metrics
    _exposed = CollectorRegistry()
    for family, metric in _COLLECTORS.items():
        if process in OWNERS[family]:
            _exposed.register(metric)
    BUILD_INFO.labels(__version__, platform.python_version(), process).set(1)
    PROCESS_STARTED.set(time())


def exposition() -> bytes:
    """The metrics of this process in Prometheus' text format."""
    return generate_latest(_exposed)
