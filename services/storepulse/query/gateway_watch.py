"""The gateways' latency and refusals, from their /metrics.

Rules: a figure covers the last minutes; it is the difference of two reads of the counters. If a
gateway does not answer, or restarted in between, there is no figure rather than a partial one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings

if TYPE_CHECKING:
    import httpx

log = logger()

EVERY_SECONDS = 15.0
TIMEOUT_SECONDS = 2.0
KEPT_SECONDS = 300.0
#: After this many seconds the last read is too old to describe the present.
OLD_SECONDS = 60.0
#: Upper bound for the size of a gateway's metrics.
MOST_BYTES = 4_000_000
_SECONDS = "storepulse_http_request_seconds"
_REFUSED = ("storepulse_rate_limited", "storepulse_plan_refused_events")
#: Paths that do not collect events.
_OWN_PATHS = frozenset(("/healthz", "/readyz", "/metrics", "/openapi.json"))


@dataclass(frozen=True, slots=True)
class Counters:
    """A gateway's counters, or the sum of several.

    `below`: cumulative requests by the upper bound of their time in seconds. `refused`: events and
    requests that a limit refused.
    """

    below: Counter[float]
    refused: float


@dataclass(frozen=True, slots=True)
class Collecting:
    """What gateways did in the last `seconds`. `p95` in seconds; None if there were no requests."""

    as_of: float
    seconds: float
    p95: float | None
    refused: int


class GatewayWatch:
    """The reads of the last minutes."""

    def __init__(self, addresses: Sequence[str], key_file: Path | None = None) -> None:
        """`addresses`: URLs of the gateways, such as http://127.0.0.1:8080. `key_file`: contains
        the key for their metrics. It is read again each time, so that the key may be replaced."""
        self._addresses = list(addresses)
        self._key_file = key_file
        self._fault = ""
        self._reads: deque[tuple[float, Counters]] = deque()

    async def run(self, stop: asyncio.Event) -> None:
        """Read repeatedly until `stop` is set."""
        import httpx  # only the serving process needs it

        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while self._addresses and not stop.is_set():
                try:
                    key = await asyncio.to_thread(self._read_key)
                    self.add(time(), sum_of([await read(client, a, key) for a in self._addresses]))
                    self._fault = ""
                except (httpx.HTTPError, OSError, ValueError) as error:
                    self._note(str(error) or type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    def _read_key(self) -> str:
        return self._key_file.read_text().strip() if self._key_file else ""

    def _note(self, fault: str) -> None:
        """Log a fault once, not at every read."""
        if fault != self._fault:
            log.info("gateway_unread", reason=fault)
        self._fault = fault

    def add(self, now: float, counters: Counters) -> None:
        """Add a read. Reads from before a restart of a gateway are dropped."""
        if self._reads and not _grows(self._reads[-1][1], counters):
            self._reads.clear()
        self._reads.append((now, counters))
        while now - self._reads[0][0] > KEPT_SECONDS:
            self._reads.popleft()

    def read(self, now: float) -> Collecting | None:
        """The current figures. None without two reads, or if the last one is too old."""
        if len(self._reads) < 2 or now - self._reads[-1][0] > OLD_SECONDS:
            return None
        (since, before), (until, after) = self._reads[0], self._reads[-1]
        below = {bound: after.below[bound] - before.below[bound] for bound in after.below}
        return Collecting(
            as_of=until,
            seconds=until - since,
            p95=quantile(below, 0.95),
            refused=round(after.refused - before.refused),
        )


def addresses_of(settings: Settings) -> list[str]:
    """The gateways' addresses: those in the settings, else the one on this machine."""
    named = [one.strip().rstrip("/") for one in settings.query_gateways.split(",")]
    own = f"http://127.0.0.1:{settings.gateway_port}"
    return [one for one in named if one] or [own]


async def read(client: httpx.AsyncClient, address: str, key: str = "") -> Counters:
    """A gateway's current counters. Raises httpx.HTTPError, and ValueError if the answer is not
    metrics."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    answer = await client.get(f"{address}/metrics", headers=headers)
    answer.raise_for_status()
    if len(answer.content) > MOST_BYTES:
        raise ValueError("the metrics are too long")
    return counters_of(answer.text)


def counters_of(text: str) -> Counters:
    """The counters in metrics in Prometheus' text format. Raises ValueError."""
    below: Counter[float] = Counter()
    refused = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"{_SECONDS}_bucket" and sample.labels["route"] not in _OWN_PATHS:
                below[float(sample.labels["le"])] += int(sample.value)
            elif family.name in _REFUSED and sample.name.endswith("_total"):
                refused += sample.value
    return Counters(below, refused)


def sum_of(counters: Iterable[Counters]) -> Counters:
    """The counters of several gateways together."""
    below: Counter[float] = Counter()
    refused = 0.0
    for one in counters:
        below.update(one.below)
        refused += one.refused
    return Counters(below, refused)


def quantile(below: Mapping[float, int], share: float) -> float | None:
    """The time that this share of the requests does not exceed, interpolated within its bucket.
    Above the last finite bound, that bound. None without requests."""
    bounds = sorted(below)
    if not bounds or not below[bounds[-1]]:
        return None
    wanted = share * below[bounds[-1]]
    lower, counted = 0.0, 0
    for bound in bounds:
        if below[bound] >= wanted:
            if bound == float("inf"):
                return lower
            return lower + (bound - lower) * (wanted - counted) / (below[bound] - counted)
        lower, counted = bound, below[bound]
    return lower


def _grows(before: Counters, after: Counters) -> bool:
    return after.refused >= before.refused and all(
        after.below[bound] >= count for bound, count in before.below.items()
    )
