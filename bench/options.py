"""What one run of the bench is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Case = TypeVar("Case")

PARTS = (
    "limits",
    "agents",
    "streams",
    "gateway",
    "pipeline",
    "delivery",
    "growth",
    "reads",
    "experiments",
    "console",
)


@dataclass(frozen=True)
class Options:
    """`events`: per run of the agents. Seconds are of each run at the gateway and pipeline."""

    quick: bool = False
    parts: tuple[str, ...] = PARTS
    events: int = 1_000_000
    rounds: int = 3
    gateway_seconds: float = 8.0
    sustain_seconds: float = 60.0
    pipeline_rate: int = 0
    connections: int = 64
    large: bool = False
    strict: bool = False
    json: Path | None = None
    explain: Path | None = None

    @property
    def deliveries(self) -> int:
        """Events that wait for delivery in batches; a fifth of them where they are sent singly."""
        return self.events // 5

    @property
    def stream_events(self) -> int:
        """Records of each run of a stream: enough for several slices."""
        return max(100_000, self.events // 5)

    @property
    def visits(self) -> int:
        """Visits of the database that is read, of ten events each, and as many customers."""
        return 100_000 if self.quick else 1_000_000

    @property
    def console_visits(self) -> int:
        """Visits of the database that the console shows: a million events, 190,000 users."""
        return 100_000

    @property
    def console_rounds(self) -> int:
        """How often each page of the console is opened."""
        return 1 if self.quick else 5

    @property
    def read_rounds(self) -> int:
        """How often each question is asked."""
        return 15 if self.quick else 40

    @property
    def read_load_seconds(self) -> float:
        """How long events come in while questions are asked."""
        return 15.0 if self.quick else 60.0

    @property
    def growth_events(self) -> int:
        """Events of each small run of the growth part."""
        return max(100_000, self.events // 5)


def in_turn(cases: list[Case], number: int) -> list[Case]:
    """The cases in the order of a round: each odd round goes backwards."""
    return cases[::-1] if number % 2 else cases
