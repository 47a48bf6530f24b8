"""Every metric, declared once. Labels are bounded: never a store, a session, a URL or a message."""

from __future__ import annotations

import platform
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from storepulse import __version__
from storepulse.adapters.one_thread_histogram import OneThreadHistogram

REGISTRY = CollectorRegistry(auto_describe=True)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LATENCY = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLICE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

EventOutcome = Literal["accepted", "rejected", "limited", "spooled", "unavailable", "error"]


#: Every metric's labels, by its name without `_total`: for the reference.
LABELS: dict[str, tuple[str, ...]] = {}


def _full_name(name: str, labels: tuple[str, ...]) -> str:
    LABELS[f"storepulse_{name}".removesuffix("_total")] = labels
    return f"storepulse_{name}"


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(_full_name(name, labels), text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(_full_name(name, labels), text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(_full_name(name, labels), text, labels, buckets=buckets, registry=REGISTRY)


def _one_thread_histogram(name: str, text: str, *labels: str) -> OneThreadHistogram:
    """For what each request of the gateway observes, on its event loop."""
    histogram = OneThreadHistogram(_full_name(name, labels), text, labels, _LATENCY)
    REGISTRY.register(histogram)
    return histogram


BUILD_INFO = _gauge("build_info", "Version of the running code", "version", "python", "service")

# HTTP, in the gateway and the query service
HTTP_REQUESTS = _counter(
    "http_requests_total", "Requests by route template and status", "service", "route", "status"
)
HTTP_SECONDS = _one_thread_histogram(
    "http_request_seconds", "Time to the answer", "service", "route"
)
RATE_LIMITED = _counter("rate_limited_total", "Requests refused with 429", "limit")

# Gateway
INGEST_EVENTS = _counter("ingest_events_total", "Events by stream and outcome", "stream", "outcome")
INGEST_REPLACED_NULS = _counter(
    "ingest_replaced_nul_total", "NUL characters in free text that became U+FFFD", "stream"
)
INGEST_FOLDED = _counter(
    "ingest_folded_names_total",
    "Events of a page, selector or landing page beyond the cap of new ones",
    "kind",
)
KNOWN_NAMES_READ = _gauge(
    "ingest_known_names_read",
    "1 once the names of stores, pages, selectors and landing pages that the database knows have"
    " been read since the gateway's start",
    "kind",
)
PRODUCE_SECONDS = _one_thread_histogram(
    "produce_ack_seconds", "From produce to the broker's acknowledgement"
)
IN_FLIGHT = _gauge("ingest_in_flight_events", "Events waiting for the broker's acknowledgement")
SPOOLED = _gauge("ingest_spooled_events", "Events on the gateway's disk, not yet in Kafka")
SPOOL_BYTES = _gauge("ingest_spool_bytes", "Bytes that they take")
SPOOL_RATIO = _gauge("ingest_spool_capacity_ratio", "Share of the spool's capacity in use")
SPOOL_OLDEST = _gauge("ingest_spool_oldest_age_seconds", "Age of the oldest event in the spool")
SPOOL_FAILING = _gauge("ingest_spool_failing", "1 while the spool's disk refuses writes")
SPOOL_SYNC_SECONDS = _histogram(
    "ingest_spool_sync_seconds", "Write and fsync of one group of events", buckets=_LATENCY
)
SPOOL_DRAINED = _counter("ingest_spool_drained_total", "Events brought from the spool to Kafka")
SPOOL_CORRUPT = _counter(
    "ingest_spool_corrupt_total", "Damaged stretches and unsendable events; their files are kept"
)
SPOOL_TORN = _counter(
    "ingest_spool_torn_total", "Unfinished writes cut off at a start; nobody was told 2xx"
)
KAFKA_WRITABLE = _gauge("kafka_writable", "1 while the broker acknowledges writes")
REJECTS_NOT_KEPT = _counter(
    "ingest_rejects_not_kept_total", "Rejected beacons above the rate kept in dlq.ingest"
)

# Agents
SLICES = _counter("slices_total", "Slices by stream and outcome", "stream", "outcome")
EVENTS_PROCESSED = _counter(
    "events_processed_total",
    "Events by stream and outcome: applied, duplicate, conflict, dead, redelivered",
    "stream",
    "outcome",
)
SLICE_SECONDS = _histogram(
    "slice_seconds", "Time of a slice by step", "stream", "step", buckets=_SLICE
)
ROWS_WRITTEN = _counter("rows_written_total", "Rows inserted or updated", "table")
CONSUMER_LAG = _gauge("consumer_lag_records", "Records behind the end", "topic", "partition")
CONSUMER_WITHHELD = _gauge(
    "consumer_withheld_records",
    "Records behind a transaction that some producer has not ended",
    "topic",
    "partition",
)
FRESHNESS = _gauge(
    "freshness_seconds",
    "Age of what waits for the longest; else of the newest event when it was applied",
    "stream",
)
DEAD_LETTERS = _counter(
    "dead_letters_total", "Records set aside by stream and stage", "stream", "stage"
)
DEAD_LETTERS_OPEN = _gauge("dead_letters_open", "Open dead letters", "stream", "reason")
AGENT_HALTED = _gauge(
    "agent_halted",
    "1 while a partition waits for a person: most of a slice did not decode",
    "stream",
    "partition",
)
TRANSIENT_FAULTS = _counter(
    "transient_faults_total", "Faults that were retried", "stream", "server"
)

# Delivery; destinations are few and named by administrators
DELIVERIES = _counter(
    "deliveries_total",
    "Deliveries by destination and outcome: sent, failed, skipped",
    "destination",
    "outcome",
)
DELIVERY_ATTEMPTS = _counter(
    "delivery_attempts_total",
    "Requests by destination and outcome: delivered, retry, refused, gone",
    "destination",
    "outcome",
)
DELIVERY_SECONDS = _histogram(
    "delivery_attempt_seconds", "Time of a request", "destination", buckets=_LATENCY
)
DELIVERY_PENDING = _gauge("delivery_pending_events", "Events waiting to be sent", "destination")
DELIVERY_QUEUE_AGE = _gauge(
    "delivery_queue_age_seconds", "Age of the oldest event that waits", "destination"
)
DELIVERY_BREAKER = _gauge("delivery_breaker_open", "1 open, 0.5 probing, 0 closed", "destination")
DELIVERY_ACCOUNT_FAULT = _gauge(
    "delivery_account_fault",
    "1 while a destination refuses our account there (secret, token, rights, version), not events",
    "destination",
)
DELIVERY_DISABLED = _gauge(
    "delivery_destination_disabled", "1 for a destination that is disabled", "destination"
)

# Stores' settings, as gateway, agents and delivery hold them in memory
STORES_KNOWN = _gauge("stores_known", "Stores whose settings this process knows")
STORES_READ_AGE = _gauge(
    "stores_read_age_seconds",
    "Since this process last read keys and stores' settings; -1 before the first time",
)
IMAGES = _counter(
    "images_total",
    "Images of events that were to be archived: kept, refused, skipped (a limit), away",
    "outcome",
)
IMAGE_BYTES = _counter("image_bytes_total", "Bytes of images, fetched or carried by events")

# PostgreSQL
POOL_CONNECTIONS = _gauge("db_pool_connections", "Connections of the pool", "state")
LEDGER_MISMATCH = _gauge(
    "ledger_mismatch_events", "Offsets in the ledger minus events it counts as accepted", "stream"
)

RETENTION_DELETED = _counter(
    "retention_deleted_total", "Rows removed because their time was over", "table"
)


def describe_build(service: str) -> None:
    """Sets build_info for this process."""
    BUILD_INFO.labels(__version__, platform.python_version(), service).set(1)


def exposition() -> bytes:
    """The metrics of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)
