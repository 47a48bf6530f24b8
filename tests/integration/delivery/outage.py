"""A shop with three destinations: healthy, broken (answers 500) and stuck (never answers).

The clock moves, nobody sleeps. What the healthy destination feels of the others is measured in
rounds, in which the others want the same events or nothing at all. Processes die at random moments
and at named places. In the end every event took effect at every receiver, once.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from tests.integration.delivery.events import Shop
from tests.support.receiver_process import ReceiverProcess

NAMES = ("healthy", "broken", "stuck")
#: Whether the process has read the destinations since then.
RELOADED = (
    "SELECT coalesce(bool_or(query_start > %s AND state = 'idle'), false) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'storepulse-delivery-loader%%'"
)
IN_HAND = (
    "SELECT count(*) FROM delivery_batches b JOIN destinations d USING (destination_id)"
    " WHERE d.name <> 'healthy' AND b.status = 'pending' AND b.claimed_by IS NOT NULL"
)
#: When something is due that nobody has in hand; null while somebody works.
NEXT_DUE = (
    "WITH at AS (SELECT %s::timestamptz AS now)"
    " SELECT CASE WHEN NOT EXISTS (SELECT FROM delivery_batches"
    " WHERE status = 'pending' AND claimed_until > now) THEN least("
    " (SELECT min(due_at) FROM delivery_batches WHERE status = 'pending' AND due_at > now),"
    " (SELECT min(probe_at) FROM destination_breakers WHERE state = 'open' AND probe_at > now),"
    " (SELECT min(probe_until) FROM destination_breakers"
    "   WHERE state = 'probing' AND probe_until > now)"
    ") END FROM at"
)
A_CLAIM = 31
BATCH = 50
#: Where a process dies, and at which of its visits at the latest: fewer than there surely are, for
#: so many events that a process finds.
PLACES = {
    "delivery.before_claim_commit": 2_000,
    "delivery.after_claim_commit": 2_000,
    "delivery.before_send": 200,
    "delivery.after_send": 200,
    "delivery.before_outcome_commit": 2_000,
    "delivery.after_outcome_commit": 2_000,
    "slices.before_commit": 2_000,
    "slices.after_commit": 2_000,
    "slices.before_ack": 2_000,
}


@dataclass
class Outage:
    """The shop, and what was published for whom."""

    shop: Shop
    receivers: ReceiverProcess
    draw: random.Random
    #: After which a request to the stuck destination is given up.
    hangs_for: float
    next_event: int = 0
    for_all: list[str] = field(default_factory=list)
    for_healthy: list[str] = field(default_factory=list)

    def declare(self) -> None:
        for name in NAMES:
            self.shop.destination(
                name, self.receivers.urls[name], batch_events=BATCH,
                timeout_seconds=self.hangs_for if name == "stuck" else 15.0,
            )  # fmt: skip
        self.receivers.become("broken", "failing")
        self.receivers.become("stuck", "hanging")

    def publish(self, count: int, rate: float | None = None, *, to_all: bool = True) -> list[str]:
        numbers = range(self.next_event, self.next_event + count)
        self.next_event += count
        ids = self.shop.publish("activity", numbers, rate=rate)
        self.for_healthy += ids
        self.for_all += ids if to_all else []
        return ids

    def divide(self, *, alone: bool) -> None:
        """Gives the healthy destination the process for itself, or back to all three."""
        # Not by an administrator's hand: to resume would close the breakers.
        with self.shop.world.connect() as connection:
            connection.execute(
                "UPDATE destinations SET status = %s, streams = %s WHERE name <> 'healthy'",
                ["paused", ["heatmap"]] if alone else ["active", []],
            )
            ((since,),) = connection.execute("SELECT clock_timestamp()").fetchall()
        self.shop.wait_until(lambda: self.shop.value(RELOADED, since), "destinations loaded")
        if alone:
            self.shop.wait_until(lambda: not self.shop.value(IN_HAND), "the others' last requests")

    def wait_for_healthy(self) -> None:
        self.shop.wait_until(
            lambda: self.receivers.accepted("healthy") >= len(self.for_healthy), "the healthy one"
        )

    def latencies(self, ids: Sequence[str]) -> list[float]:
        """Of these events, the seconds from stored to received by the healthy destination."""
        received = self.receivers.report("healthy").received_at()
        stored = self.shop.rows(
            "SELECT r.event_id::text, extract(epoch FROM r.created_at)::float8"
            " FROM deliveries r JOIN destinations d USING (destination_id)"
            " WHERE d.name = 'healthy' AND r.event_id = ANY(%s::uuid[])",
            list(ids),
        )
        assert len(stored) == len(ids)
        return [received[i] - (at - self.shop.ahead) for i, at in stored]

    def p99(self, ids: Sequence[str]) -> float:
        return quantiles(self.latencies(ids), n=100)[98]

    def die(self, events: int) -> None:
        """Publishes, and kills a new process while it works: at a place, or at any moment."""
        self.publish(events)
        place = self.draw.choice([None, *PLACES])
        points = ""
        if place is not None:
            points = f"{place} kill {self.draw.randint(1, max(1, events // PLACES[place]))}\n"
        with self.shop.delivery(points) as process:
            if place is None:
                process.wait_ready()
                time.sleep(self.draw.uniform(0, 2))
                process.kill()
            else:
                assert process.process is not None
                assert process.process.wait(90) == -signal.SIGKILL, self.shop.logs()
        self.shop.move(A_CLAIM)

    def finish(self) -> None:
        """Waits until everybody has everything; the clock runs on for what waits to be retried."""

        def all_there() -> bool:
            now = self.shop.clock()
            due = self.shop.value(NEXT_DUE, now)
            if due is not None:
                # Nobody works, and so no claim runs out by this.
                self.shop.move((due - now).total_seconds() + 1)
                time.sleep(0.5)
            return all(
                self.receivers.accepted(name) >= len(self.wanted(name)) for name in NAMES
            ) and not self.shop.value("SELECT count(*) FROM deliveries WHERE status = 'pending'")

        self.shop.wait_until(all_there, "after healing", 150 + len(self.for_all) / 100)

    def wanted(self, name: str) -> list[str]:
        return self.for_healthy if name == "healthy" else self.for_all

    def check_once(self) -> None:
        """Every event is sent, and took effect once at every receiver that wanted it."""
        counts = self.shop.rows("SELECT status, count(*)::int FROM deliveries GROUP BY status")
        assert counts == [("sent", len(self.for_healthy) + 2 * len(self.for_all))]
        for name in NAMES:
            report, wanted = self.receivers.report(name), self.wanted(name)
            print(f"{name}: {report.requests} requests, {len(wanted)} events")
            assert report.changed == []
            assert report.effects() == dict.fromkeys(wanted, 1)
