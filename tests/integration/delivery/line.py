"""Senders in this process on one world, its receivers, and a clock that a test moves.

One world for all tests of a module: each begins with empty tables.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import sql
from tests.support.ingest_records import NOW_MS, STORE, event_id, record
from tests.support.waiting import wait_until_async
from tests.support.world import World, empty_tables, open_world

from storepulse.adapters.secret_box import SecretBox
from storepulse.contracts.topics import load_catalog
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.budget import Budget
from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.destination_loader import DestinationLoader
from storepulse.delivery.means import Means
from storepulse.delivery.minutes import DeliveryMinutes
from storepulse.delivery.outcome_writer import OutcomeWriter
from storepulse.delivery.outcomes import Outcomes
from storepulse.delivery.purchase_claims import PurchaseClaims
from storepulse.delivery.queue import Queue
from storepulse.delivery.senders import Senders
from storepulse.delivery.undelivered import Undelivered
from storepulse.delivery.worker import new_batch_id
from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import kinds_of
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.webhook_body import MOST_BYTES
from storepulse.destinations.table import changes
from storepulse.domain.signing import new_secret
from storepulse.slices.publisher import SlicePublisher
from storepulse.streams.registry import STREAMS

RECEIVED_AT = datetime.fromtimestamp(NOW_MS / 1000, UTC)
SECRET = new_secret(b"0" * 32)


@dataclass
class MovedClock:
    """The system's time and what a test adds."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Line:
    """A world with destinations and queued events."""

    world: World
    clock: MovedClock = field(default_factory=MovedClock)
    undelivered: Undelivered = field(init=False)

    def begin(self) -> None:
        """Empties every table."""
        self.clock = MovedClock()
        with self.world.connect() as connection:
            empty_tables(connection)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.world.connect() as connection:
            connection.execute("SET timezone TO 'UTC'")
            return list(connection.execute(query, parameters or None).fetchall())  # type: ignore[call-overload]

    def value(self, query: str, *parameters: Any) -> Any:
        ((value,),) = self.rows(query, *parameters)
        return value

    def destination(self, name: str, url: str, **fields: Any) -> Destination:
        """An administrator's new webhook: batches of one at once, unless `fields` say else."""
        plain: dict[str, Any] = {
            "kind": "webhook",
            # Room for as many events as a test asks for.
            "config": {"url": url, "max_body_bytes": MOST_BYTES},
            "secrets": {"signing": [SECRET]},
            "batch_events": 1,
            "batch_seconds": 0.0,
        }
        made = Destination(str(uuid.uuid4()), name, **{**plain, **fields})
        with self.world.connect() as connection:
            changes.create(connection, self.box, made, self.clock())
        return made

    @property
    def box(self) -> SecretBox:
        return SecretBox.of(self.world.settings)

    def change(self, name: str, **fields: Any) -> None:
        with self.world.connect() as connection:
            changes.change(connection, self.box, name, fields, self.clock())

    def queue(
        self,
        destination: Destination,
        numbers: Iterable[int],
        key: Callable[[int], str | None] = lambda _n: None,
        priority: Callable[[int], int] = lambda _n: 1,
        stream: str = "activity",
        **fields: Any,
    ) -> list[str]:
        """Stores deliveries of a stream's events; their event ids, in the order of sending."""
        copy = sql.SQL(
            "COPY deliveries (destination_id, store_id, event_id, received_at, stream, event_type,"
            " priority, ordering_key, created_at, key, value, header_names, header_values,"
            " source_topic, source_topic_id, source_partition, source_offset) FROM STDIN"
        )
        types = STREAMS[stream].types
        kind = fields.get(types.column or "", types.names[0])
        ids, now, topic = [], self.clock(), f"{self.world.settings.topic_prefix}events.{stream}.v1"
        with self.world.connect() as connection, connection.cursor().copy(copy) as rows:
            for n in numbers:
                made = record(stream, n, **fields)
                ids.append(event_id(n))
                rows.write_row(
                    (
                        destination.destination_id, STORE, ids[-1], RECEIVED_AT, stream,
                        kind, priority(n), key(n), now, made.key, made.value,
                        ["event_id", "x-own"], [ids[-1].encode(), b"\xff\x00own"],
                        topic, "a-topic-id", n % 4, n,
                    )
                )  # fmt: skip
        return ids

    def statuses(self, destination: Destination) -> dict[str, int]:
        """How many deliveries of a destination have which status."""
        return dict(
            self.rows(
                "SELECT status, count(*)::int FROM deliveries WHERE destination_id = %s"
                " GROUP BY status",
                destination.destination_id,
            )
        )

    @asynccontextmanager
    async def process(
        self,
        *,
        seed: int = 1,
        publisher: SlicePublisher | None = None,
        budget: Budget | None = None,
    ) -> AsyncIterator[Senders]:
        """A delivery process's sending half, until the block ends."""
        settings = self.world.settings_of("delivery")
        draw = random.Random(seed)
        breakers = Breakers()

        undelivered = self.undelivered = Undelivered(
            publisher or SlicePublisher(settings, "tests"),
            load_catalog(settings.topic_prefix).undelivered,
            f"{settings.topic_prefix}storepulse-delivery",
            settings.dead_letter_max_replays,
        )
        async with (
            delivery_pool(settings, "storepulse-delivery-test") as connections,
            # Stand-ins for hosts of images are on this machine.
            SafeClient("private", link_reach="loopback") as client,
            DestinationLoader(settings) as load,
        ):
            queue = Queue(connections, self.clock, new_batch_id, str(uuid.uuid4()), 30.0)
            minutes = DeliveryMinutes(queue.owner)
            writer = OutcomeWriter(
                connections, queue.owner, breakers, undelivered, minutes, self.clock
            )
            outcomes = Outcomes(writer)
            kinds = kinds_of(settings.home)
            means = Means(
                queue, outcomes, breakers, PurchaseClaims(connections, self.clock), client, kinds,
                self.clock, draw.random, budget or Budget(),
            )  # fmt: skip
            senders = Senders(means, load)
            writing = asyncio.create_task(outcomes.run())
            sending = asyncio.create_task(senders.run())
            try:
                yield senders
            finally:
                senders.stop()
                await sending
                outcomes.close()
                await writing
                await minutes.write(connections)

    async def wait_for(
        self, condition: Callable[[], Any], what: str = "", seconds: float = 90
    ) -> Any:
        """Waits for a condition, which may ask PostgreSQL."""
        return await wait_until_async(
            condition, lambda: f"{what}: {self.report()}", seconds=seconds, in_thread=True
        )

    def report(self) -> str:
        """What stands in the tables, for a test that waited in vain."""
        return "\n".join(
            str(self.rows(query))
            for query in (
                (
                    "SELECT d.name, r.status, r.batch_id IS NULL, r.last_error, count(*)::int"
                    " FROM deliveries r LEFT JOIN destinations d USING (destination_id)"
                    " GROUP BY 1, 2, 3, 4 LIMIT 20"
                ),
                (
                    "SELECT status, attempts, due_at, claimed_by, claimed_until, last_error"
                    " FROM delivery_batches WHERE status = 'pending' LIMIT 20"
                ),
                "SELECT * FROM destination_breakers",
            )
        )


@contextmanager
def open_line(home: Path) -> Iterator[Line]:
    with open_world(home) as world:
        yield Line(world)
