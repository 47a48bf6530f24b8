"""One destination healthy, one broken for 20 hours, one that hangs; processes are killed meanwhile.

The clock moves, nobody sleeps. First rounds in which the healthy destination is alone take turns
with rounds in which the other two want the same events: its latency must not tell them apart. Then
delivery dies again and again, at random moments and at named places, before and after the others
have healed. In the end every event took effect at every receiver, once.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

import pytest
from tests.integration.delivery.events import Shop
from tests.support.receivers import Receivers

HOURS = 20
#: Whether the process has read the destinations since then.
RELOADED = (
    "SELECT coalesce(bool_or(query_start > %s AND state = 'idle'), false) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'storepulse-delivery-loader%%'"
)
IN_HAND = (
    "SELECT count(*) FROM delivery_batches b JOIN destinations d USING (destination_id)"
    " WHERE d.name <> 'healthy' AND b.status = 'pending' AND b.claimed_by IS NOT NULL"
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


@dataclass(frozen=True)
class Scale:
    """How much of everything: events of a round and their rate, rounds of each sort, deaths.

    Where the machine is busy, up to `most_rounds` of each sort are measured before it counts.
    """

    round_events: int
    rate: float
    rounds: int
    most_rounds: int
    deaths: int
    events_a_death: int
    hangs_for: float


SHORT = Scale(400, 800, rounds=3, most_rounds=12, deaths=1, events_a_death=400, hangs_for=1.0)
LONG = Scale(5_000, 1_250, rounds=8, most_rounds=16, deaths=10, events_a_death=6_000, hangs_for=5.0)


@dataclass
class Outage:
    """A shop with three destinations, and what was published for whom."""

    shop: Shop
    receivers: Receivers
    scale: Scale
    draw: random.Random
    #: How far the clock moves at a time.
    hours: float
    next_event: int = 0
    for_all: list[str] = field(default_factory=list)
    for_healthy: list[str] = field(default_factory=list)
    #: 99th percentiles of the healthy destination's latency, a round each, in seconds.
    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)

    def declare(self) -> None:
        urls = self.receivers.urls
        for name in ("healthy", "broken", "stuck"):
            self.shop.destination(
                name, urls[name], batch_events=BATCH,
                timeout_seconds=self.scale.hangs_for if name == "stuck" else 15.0,
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

    def round(self, *, alone: bool) -> None:
        """Measures the healthy destination, with the others or as if there were none."""
        # Not by an administrator's hand: to resume would close the breakers.
        with self.shop.world.connect() as connection:
            connection.execute(
                "UPDATE destinations SET status = %s, streams = %s WHERE name <> 'healthy'",
                ["paused", ["heatmap"]] if alone else ["active", []],
            )
            ((since,),) = connection.execute("SELECT clock_timestamp()").fetchall()
        self.shop.until(lambda: self.shop.value(RELOADED, since), "destinations loaded")
        if alone:
            self.shop.until(lambda: not self.shop.value(IN_HAND), "the others' last requests")
        else:
            self.shop.move(self.hours * 3600)
        ids = self.publish(self.scale.round_events, self.scale.rate, to_all=not alone)
        self.wait_for_healthy()
        (self.alone if alone else self.together).append(self.p99(ids))

    def wait_for_healthy(self) -> None:
        self.shop.until(
            lambda: self.receivers.accepted("healthy") >= len(self.for_healthy), "the healthy one"
        )

    def p99(self, ids: Sequence[str]) -> float:
        """Of the seconds from stored to received of these events."""
        received = self.receivers.report("healthy").received_at()
        stored = self.shop.rows(
            "SELECT r.event_id::text, extract(epoch FROM r.created_at)::float8"
            " FROM deliveries r JOIN destinations d USING (destination_id)"
            " WHERE d.name = 'healthy' AND r.event_id = ANY(%s::uuid[])",
            list(ids),
        )
        assert len(stored) == len(ids)
        return quantiles([received[i] - (at - self.shop.ahead) for i, at in stored], n=100)[98]

    def die(self) -> None:
        """Publishes, and kills a new process while it works: at a place, or at any moment."""
        self.publish(self.scale.events_a_death)
        place = self.draw.choice([None, *PLACES])
        points = ""
        if place is not None:
            most = max(1, self.scale.events_a_death // PLACES[place])
            points = f"{place} kill {self.draw.randint(1, most)}\n"
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

        names, before = ("healthy", "broken", "stuck"), 0

        def all_there() -> bool:
            nonlocal before
            time.sleep(1)
            counts = [self.receivers.accepted(name) for name in names]
            if sum(counts) == before:
                # What is left waits for its retry. Not sooner: claims of 30 s would run out.
                self.shop.move(1800)
            before = sum(counts)
            return min(counts[1:]) >= len(self.for_all)

        patience = 150 + len(self.for_all) / 100
        self.shop.until(all_there, "after healing", patience)
        self.wait_for_healthy()
        self.shop.until(
            lambda: not self.shop.value("SELECT count(*) FROM deliveries WHERE status = 'pending'"),
            "outcomes",
        )


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(400)),
        pytest.param(LONG, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1_200)]),
    ],
)
def test_twenty_hours(shop: Shop, scale: Scale) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with Receivers("healthy", "broken", "stuck") as receivers:
        before_healing = scale.deaths // 2
        hours = HOURS / (scale.rounds + before_healing)
        outage = Outage(shop, receivers, scale, random.Random(seed), hours)
        outage.declare()
        with shop.delivery().wait_ready():
            outage.publish(BATCH)
            outage.wait_for_healthy()  # Connections and caches are warm now.
            for number in range(scale.most_rounds):
                outage.round(alone=True)
                outage.round(alone=False)
                if number + 1 >= scale.rounds and as_if_alone(outage):
                    break
            outage.publish(scale.events_a_death)
            time.sleep(outage.draw.uniform(0, 0.5))
        print("p99 alone   ", [f"{1000 * p:.0f} ms" for p in outage.alone])
        print("p99 together", [f"{1000 * p:.0f} ms" for p in outage.together])
        assert as_if_alone(outage)

        shop.move(A_CLAIM)
        for _ in range(before_healing):
            outage.die()
            shop.move(hours * 3600)
        assert (receivers.accepted("broken"), receivers.accepted("stuck")) == (0, 0)
        receivers.become("broken", "well")
        receivers.become("stuck", "well")
        for _ in range(scale.deaths - before_healing):
            outage.die()
        with shop.delivery() as process:
            outage.finish()
            assert process.kill(signal.SIGTERM) == 0, shop.logs()

        counts = shop.rows("SELECT status, count(*)::int FROM deliveries GROUP BY status")
        assert counts == [("sent", len(outage.for_healthy) + 2 * len(outage.for_all))]
        for name in ("healthy", "broken", "stuck"):
            report = receivers.report(name)
            wanted = outage.for_healthy if name == "healthy" else outage.for_all
            print(f"{name}: {report.requests} requests, {len(wanted)} events")
            assert report.changed == []
            assert report.effects() == dict.fromkeys(wanted, 1)


def as_if_alone(outage: Outage) -> bool:
    """Whether the healthy destination's latency is within twice what it is alone."""
    return median(outage.together) <= 2 * median(outage.alone)
