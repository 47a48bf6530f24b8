"""Request metrics for hot paths: label children are looked up once."""

from __future__ import annotations

from prometheus_client import Counter

from storepulse.adapters import metrics
from storepulse.adapters.metrics import EventOutcome

SERVICE = "gateway"


class RouteMeter:
    """The metrics of one route."""

    def __init__(self, route: str) -> None:
        self._route = route
        self._requests: dict[int, Counter] = {}
        self._observe = metrics.HTTP_SECONDS.labels(SERVICE, route).observe

    def count_request(self, status: int, seconds: float) -> None:
        """Count one answered request."""
        child = self._requests.get(status)
        if child is None:
            child = self._requests[status] = metrics.HTTP_REQUESTS.labels(
                SERVICE, self._route, str(status)
            )
        child.inc()
        self._observe(seconds)


class StreamMeter:
    """The metrics of one stream's events."""

    def __init__(self, stream: str) -> None:
        self._outcomes: dict[EventOutcome, Counter] = {}
        self._stream = stream

    def count_events(self, outcome: EventOutcome, count: int) -> None:
        """Count events by outcome."""
        child = self._outcomes.get(outcome)
        if child is None:
            child = self._outcomes[outcome] = metrics.INGEST_EVENTS.labels(self._stream, outcome)
        child.inc(count)

    def count_replaced_nuls(self, count: int) -> None:
        """Count NULs that were replaced by U+FFFD."""
        metrics.INGEST_REPLACED_NULS.labels(self._stream).inc(count)
