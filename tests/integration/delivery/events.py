"""A shop's events in `events.*`, destinations, and delivery processes to break."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from tests.integration.delivery.line import Line
from tests.support.ingest_records import event_id, record
from tests.support.services import Service
from tests.support.waiting import wait_until

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.destinations.rules.model import Destination
from storepulse.local import ports

PARTITIONS = 4
SHORTEST_SLEEP = 0.005


class Process(Service):
    """A delivery process; a block around it kills what still runs."""

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def wait_ready(self, seconds: float = 150) -> Process:
        super().wait_ready(seconds)
        return self

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Shop(Line):
    """A world of its own with processes."""

    home: Path = field(default_factory=Path)
    ahead: float = 0.0

    def move(self, seconds: float) -> None:
        """Moves the clock of all processes, and of this test."""
        self.ahead += seconds
        self.clock.move(seconds)
        waiting = self.home / "clock.new"
        waiting.write_text(str(self.ahead))
        waiting.replace(self.home / "clock")

    def delivery(self, failpoints: str = "", slot: int = 0, **changes: Any) -> Process:
        """A started delivery process."""
        if not (self.home / "clock").exists():
            self.move(0)
        settings = self.world.settings.model_copy(
            update={
                "delivery_slot": slot,
                "delivery_port": ports.free_port() - slot,
                "delivery_addresses": "private",
            }
            | changes
        )
        extra = {"STOREPULSE_CLOCK_FILE": str(self.home / "clock")}
        if failpoints:
            file = self.home / f"failpoints-{slot}"
            file.write_text(failpoints)
            extra["STOREPULSE_FAILPOINT_FILE"] = str(file)
        process = Process("delivery", settings, extra)
        process.start()
        return process

    def publish(
        self, stream: str, numbers: Iterable[int], *, rate: float | None = None, **fields: Any
    ) -> list[str]:
        """Writes events as the agents do, `rate` a second if it is given; their ids."""
        topic = load_catalog(self.world.settings.topic_prefix).events(stream)
        producer = Producer(connection_config(self.world.settings))
        ids: list[str] = []
        started = time.monotonic()
        for n in numbers:
            early = started + len(ids) / rate - time.monotonic() if rate else 0.0
            if early > SHORTEST_SLEEP:
                time.sleep(early)
            session = fields.get("session_id", f"s-{n % 29}")
            made = record(stream, n, **{**fields, "session_id": session})
            ids.append(event_id(n))
            producer.produce(
                topic, made.value, made.key, hash_of(session) % PARTITIONS,
                headers=[("event_id", ids[-1].encode())],
            )  # fmt: skip
            producer.poll(0)
        assert producer.flush(30) == 0
        return ids

    def sent(self, destination: Destination) -> int:
        return self.statuses(destination).get("sent", 0)

    def queued(self) -> int:
        return int(self.value("SELECT count(*) FROM deliveries"))

    def wait_until(
        self, condition: Callable[[], Any], what: str = "", seconds: float = 150
    ) -> None:
        wait_until(condition, lambda: f"{what}: {self.report()}\n{self.logs()}", seconds=seconds)

    def logs(self) -> str:
        return "\n".join(file.read_text()[-2_000:] for file in self.home.glob("delivery-*.log"))


def hash_of(session: str) -> int:
    """The same in every process, unlike Python's own."""
    return sum(session.encode())


@contextmanager
def open_shop(home: Path) -> Iterator[Shop]:
    from tests.support.world import open_world

    with open_world(home) as world:
        yield Shop(world, home=home)
