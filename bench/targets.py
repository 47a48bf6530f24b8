"""What the figures ought to reach, and whether they do."""

from __future__ import annotations

from dataclasses import dataclass

from bench.console_cases import CONSOLE_CASES
from storepulse.streams.registry import STREAMS

AGENTS = "agents, heatmap"
STREAM_RATES = "agents, each stream alone"
SINGLES = "gateway, single beacons"
BATCHES = "gateway, batches of 50"
PIPELINE = "whole pipeline"
DELIVERY = "delivery, one process"
READS, LOADED = "reads", "reads while 10,000 events/s come in"
KNOWN_IDS = "growth: ids already known"
EXPERIMENTS = "experiments, what visitors ask"
CONSOLE = "console, in Chromium"


@dataclass(frozen=True)
class Target:
    """A bound on one figure of one case. `times` is the ratio of our rate to that case's."""

    part: str
    case: str
    figure: str
    limit: float
    at_least: bool

    def reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def text(self) -> str:
        """The bound as people read it."""
        sign = "≥" if self.at_least else "≤"
        unit = _UNITS.get(self.figure, "s/M")
        return f"{_NAMES.get(self.figure, self.figure)} {sign} {self.limit:,.10g} {unit}".strip()


_UNITS = {
    "rate": "/s",
    "times": "times",
    "p95_ms": "ms",
    "p99_ms": "ms",
    "lcp_ms": "ms",
    "interaction_ms": "ms",
    "shift": "",
    "freshness_p99": "s",
    "rss_all": "MB",
    "rss_growth": "times",
    "cpu_growth": "times",
    "of_baseline": "times",
    "of_bare": "times",
    "peak_delivery": "MB",
}
_NAMES = {
    "rate": "events",
    "times": "ours",
    "p95_ms": "p95",
    "p99_ms": "p99",
    "lcp_ms": "LCP",
    "interaction_ms": "click",
    "shift": "CLS",
    "freshness_p99": "freshness p99",
    "cpu_worker": "worker",
    "cpu_postgres": "PostgreSQL",
    "cpu_gateway": "gateway",
    "peak_delivery": "peak",
    "rss_all": "memory",
    "rss_growth": "memory at the end ÷ at the start",
    "of_baseline": "÷ activity",
    "of_bare": "÷ bare Starlette",
    "cpu_growth": "CPU ÷ that with the fewest",
}

OURS = "storepulse"
#: The stream with whose rate those of the others are compared, and the figure that says it.
BASELINE, OF_BASELINE = "activity", "of_baseline"
#: An answer of ours against one of a bare route, and how many a second are asked for besides.
BARE_ROUTE, OF_BARE = "bare Starlette route", "of_bare"
FIRST_VIEWS, NEXT_VIEWS = "variant, first views", "variant, next views"
ACTIVE_TESTS, PAGES_SEEN = "active tests", "page with variants"
ASKED_RATE = 5_000
HALF_LOAD = "half load"
HALF = f"{OURS}, {HALF_LOAD}"
FAUST, PLAIN, FASTSTREAM = "stock Faust take()", "plain consumer loop", "FastStream batch"
FASTAPI = "FastAPI + aiokafka"
FASTAPI_UNTUNED = f"{FASTAPI}, default producer"
SUSTAINED = "sustained"
ONES, FIFTIES = "single events", "batches of 50"
LARGE_BACKLOG = "batches of 50, five times the backlog"
SLOWEST, DISTINCT = "slowest", "slowest of distinct visitors"
MOST_IDS = 100_000_000
#: 2.5 GiB.
MEMORY_MB = 2_684

TARGETS = (
    Target(AGENTS, OURS, "rate", 50_000, at_least=True),
    Target(AGENTS, OURS, "cpu_worker", 6, at_least=False),
    Target(AGENTS, OURS, "cpu_postgres", 8, at_least=False),
    Target(AGENTS, FAUST, "times", 8, at_least=True),
    Target(AGENTS, PLAIN, "times", 1.5, at_least=True),
    Target(SINGLES, OURS, "rate", 12_000, at_least=True),
    Target(SINGLES, HALF, "p99_ms", 10, at_least=False),
    Target(SINGLES, FASTAPI, "times", 3, at_least=True),
    Target(BATCHES, OURS, "rate", 120_000, at_least=True),
    Target(BATCHES, OURS, "cpu_gateway", 7, at_least=False),
    Target(BATCHES, HALF, "p99_ms", 10, at_least=False),
    Target(BATCHES, FASTAPI, "times", 5, at_least=True),
    Target(PIPELINE, SUSTAINED, "rate", 50_000, at_least=True),
    Target(PIPELINE, SUSTAINED, "freshness_p99", 2, at_least=False),
    Target(DELIVERY, ONES, "rate", 2_000, at_least=True),
    Target(DELIVERY, FIFTIES, "rate", 10_000, at_least=True),
    Target(DELIVERY, LARGE_BACKLOG, "rate", 10_000, at_least=True),
    Target(DELIVERY, LARGE_BACKLOG, "peak_delivery", 300, at_least=False),
    Target(PIPELINE, SUSTAINED, "rss_all", MEMORY_MB, at_least=False),
    Target(PIPELINE, SUSTAINED, "rss_growth", 1.1, at_least=False),
    Target(PIPELINE, HALF_LOAD, "freshness_p99", 1, at_least=False),
    *(
        Target(STREAM_RATES, stream, OF_BASELINE, 0.5, at_least=True)
        for stream in STREAMS
        if stream != BASELINE
    ),
    *(
        target
        for case in (FIRST_VIEWS, NEXT_VIEWS, ACTIVE_TESTS, PAGES_SEEN)
        for target in (
            Target(EXPERIMENTS, case, OF_BARE, 0.5, at_least=True),
            Target(EXPERIMENTS, f"{case}, {ASKED_RATE:,}/s", "p99_ms", 10, at_least=False),
        )
    ),
    Target(READS, SLOWEST, "p95_ms", 50, at_least=False),
    Target(READS, DISTINCT, "p95_ms", 300, at_least=False),
    Target(LOADED, SLOWEST, "p95_ms", 100, at_least=False),
    Target(LOADED, DISTINCT, "p95_ms", 300, at_least=False),
    *(
        Target(CONSOLE, case.name, figure, limit, at_least=False)
        for case in CONSOLE_CASES
        for figure, limit in (("lcp_ms", 1_500), ("interaction_ms", 100), ("shift", 0.02))
    ),
    Target(KNOWN_IDS, f"{MOST_IDS:,}", "cpu_growth", 1.5, at_least=False),
)
