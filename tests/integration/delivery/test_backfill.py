"""What a destination never got is queued from Kafka: all of it, and nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bench.programs import inherited_variables
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.support.ingest_records import NOW_MS, event_id, record
from tests.support.inline_commands import run, run_json
from tests.support.world import World

from storepulse.adapters.clock import system_clock
from storepulse.adapters.failpoints import VARIABLE
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings, environment
from storepulse.delivery import backfill as module
from storepulse.delivery.history import History
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table import changes, removal
from storepulse.domain.errors import Rejected
from storepulse.domain.signing import new_secret
from storepulse.retention import runs as retention
from storepulse.retention.settings_limits import limits_of

START = datetime.fromtimestamp(NOW_MS / 1000, UTC)
EVENTS = 240
#: Events are a minute apart.
FROM, TO = START.isoformat(), (START + timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Cart events 0 to 239, a minute apart, of 12 sessions; each tenth one of a bot."""
    publish(module_world, "cart", range(EVENTS))
    return module_world


def publish(world: World, stream: str, numbers: Sequence[int]) -> None:
    producer = Producer(
        {
            **connection_config(world.settings),
            "partitioner": "murmur2_random",
        }
    )
    for n in numbers:
        made = record(
            stream, n, session_id=f"s-{n % 12}", received_at=NOW_MS + n * 60_000,
            is_bot=n % 10 == 0,
        )  # fmt: skip
        producer.produce(
            f"{world.settings.topic_prefix}events.{stream}.v1", made.value, made.key,
            timestamp=NOW_MS + n * 60_000 + 1_000, headers=[("event_id", event_id(n).encode())],
        )  # fmt: skip
    assert producer.flush(30) == 0


@pytest.fixture
def crm(world: World) -> Destination:
    """A destination of its own for the test, for cart events."""
    made = Destination(
        str(uuid4()), f"d-{uuid4().hex[:8]}", "webhook", streams=frozenset({"cart"}),
        config={"url": "https://crm.example/"}, secrets={"signing": [new_secret(bytes(32))]},
    )  # fmt: skip
    with world.connect() as connection:
        changes.create(connection, SecretBox.of(world.settings), made, START)
    return made


def queued(world: World, crm: Destination) -> list[str]:
    """Ids of the events in the queue, in the order in which they will be sent."""
    with world.connect() as connection:
        rows = connection.execute(
            "SELECT event_id FROM deliveries WHERE destination_id = %s ORDER BY priority, sequence",
            [crm.destination_id],
        ).fetchall()
    return [str(event) for (event,) in rows]


def wanted(first: int = 0, end: int = EVENTS) -> set[str]:
    return {event_id(n) for n in range(first, end) if n % 10}


def backfill(settings: Settings, crm: Destination, *words: str) -> Any:
    span = () if "--from" in words else ("--from", FROM, "--to", TO)
    return run_json(settings, "deliveries", "backfill", "--destination", crm.name, *span, *words)


def test_all_is_queued_once(world: World, crm: Destination) -> None:
    dry = backfill(world.settings, crm, "--dry-run")
    assert (dry["queued"], dry["matched"], queued(world, crm)) == (216, 216, [])
    first = backfill(world.settings, crm)
    assert (first["read"], first["matched"], first["queued"]) == (240, 216, 216)
    assert (first["complete"], first["notes"]) == (True, [])
    assert len(queued(world, crm)) == 216
    assert set(queued(world, crm)) == wanted()
    again = backfill(world.settings, crm)
    assert (again["matched"], again["queued"]) == (216, 0)
    with world.connect() as connection:
        row = connection.execute(
            "SELECT key, value, header_names, header_values, source_topic, event_type,"
            " received_at, status FROM deliveries WHERE destination_id = %s AND event_id = %s",
            [crm.destination_id, event_id(7)],
        ).fetchone()
    made = record("cart", 7, session_id="s-7", received_at=NOW_MS + 420_000, is_bot=False)
    topic = f"{world.settings.topic_prefix}events.cart.v1"
    assert row == (
        made.key, made.value, ["event_id"], [event_id(7).encode()], topic, "cart_add",
        START + timedelta(minutes=7), "pending",
    )  # fmt: skip


def test_the_period_is_that_of_receipt(world: World, crm: Destination) -> None:
    first, end = START + timedelta(minutes=61), START + timedelta(minutes=121)
    done = backfill(world.settings, crm, "--from", first.isoformat(), "--to", end.isoformat())
    assert done["queued"] == 54
    assert set(queued(world, crm)) == wanted(61, 121)
    # Kafka is asked for a little more than the period, not for all.
    assert done["read"] < EVENTS - 40


def test_at_most_so_many_and_the_rest_next_time(world: World, crm: Destination) -> None:
    counts = []
    for _ in range(4):
        done = backfill(world.settings, crm, "--max", "100")
        counts.append((done["queued"], done["complete"]))
    assert counts == [(100, False), (100, False), (16, True), (0, True)]
    assert set(queued(world, crm)) == wanted()


def test_a_killed_run_is_continued(world: World, crm: Destination, tmp_path: Path) -> None:
    failpoints = tmp_path / "failpoints"
    failpoints.write_text("backfill_queued kill 2\n")
    words = ("deliveries", "backfill", "--destination", crm.name, "--from", FROM, "--to", TO)
    killed = subprocess.run(
        [sys.executable, "-m", "storepulse", *words],
        env=inherited_variables() | environment(world.settings) | {VARIABLE: str(failpoints)},
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    kept = len(queued(world, crm))
    assert 0 < kept < 216
    rest = backfill(world.settings, crm)
    assert rest["queued"] == 216 - kept
    assert len(queued(world, crm)) == 216
    assert set(queued(world, crm)) == wanted()


def test_what_it_has_stays_as_it_is(world: World, crm: Destination) -> None:
    backfill(world.settings, crm)
    with world.connect() as connection:
        for n, status in ((1, "sent"), (2, "failed")):
            connection.execute(
                "UPDATE deliveries SET status = %s, finished_at = %s"
                " WHERE destination_id = %s AND event_id = %s",
                [status, START, crm.destination_id, event_id(n)],
            )
        assert backfill(world.settings, crm)["queued"] == 0
        dry = backfill(world.settings, crm, "--failed", "--dry-run")
        assert (dry["queued"], dry["failed_queued"]) == (0, 1)
        assert backfill(world.settings, crm, "--failed")["failed_queued"] == 1
        states = connection.execute(
            "SELECT status, count(*) FROM deliveries WHERE destination_id = %s"
            " GROUP BY status ORDER BY status",
            [crm.destination_id],
        ).fetchall()
    assert states == [("pending", 215), ("sent", 1)]


def test_a_session_stays_in_order(world: World, crm: Destination) -> None:
    with world.connect() as connection:
        connection.execute(
            "UPDATE destinations SET ordered = true WHERE destination_id = %s",
            [crm.destination_id],
        )
    backfill(world.settings, crm, "--rate", "1000")
    places = {event: place for place, event in enumerate(queued(world, crm))}
    for session in range(12):
        events = [places[event_id(n)] for n in range(session, EVENTS, 12) if n % 10]
        assert events == sorted(events)


def test_it_says_what_kafka_has_removed(world: World, crm: Destination) -> None:
    topic = f"{world.settings.topic_prefix}events.landing.v1"
    publish(world, "landing", range(48))
    with world.connect() as connection:
        connection.execute(
            "UPDATE destinations SET streams = '{landing}' WHERE destination_id = %s",
            [crm.destination_id],
        )
    admin = AdminClient(connection_config(world.settings))
    for future in admin.delete_records([TopicPartition(topic, p, 2) for p in range(4)]).values():
        future.result(30)
    done = backfill(world.settings, crm)
    (note,) = done["notes"]
    assert note.startswith(f"{topic}: Kafka has removed events since 2026-11-21 06:00:00 UTC")
    assert "the oldest that it has is of 2026-11-21" in note
    assert done["read"] == 40
    later = (START + timedelta(minutes=40)).isoformat()
    assert backfill(world.settings, crm, "--from", later, "--to", TO)["notes"] == []


def test_records_that_nobody_can_queue_are_left_out(world: World, crm: Destination) -> None:
    topic = f"{world.settings.topic_prefix}events.activity.v1"
    producer = Producer(connection_config(world.settings))
    for n, session in enumerate(["s-1", "s\0-1", "s-1", "s-1"]):
        made = record("activity", n, session_id=session)
        producer.produce(topic, made.value, made.key, 0, timestamp=NOW_MS)
    producer.produce(topic, b"no event", b"s-1", 0, timestamp=NOW_MS)
    assert producer.flush(30) == 0
    with world.connect() as connection:
        connection.execute(
            "UPDATE destinations SET streams = '{activity}' WHERE destination_id = %s",
            [crm.destination_id],
        )
    done = backfill(world.settings, crm)
    assert (done["read"], done["queued"], done["undecodable"]) == (5, 3, 2)
    assert queued(world, crm) == [event_id(n) for n in (0, 2, 3)]


def test_it_leaves_nothing_behind_where_its_destination_is_removed(
    world: World, crm: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.connect() as removing, ThreadPoolExecutor(1) as pool:
        removed: list[Future[int]] = []

        def blocked_or_done() -> bool:
            with world.connect() as asking:
                ((waiting,),) = asking.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ).fetchall()
            return bool(waiting) or removed[0].done()

        def remove(place: str) -> None:
            if place == "backfill_queued" and not removed:
                removed.append(pool.submit(removal.remove, removing, crm.name, START, discard=True))
                while not blocked_or_done():
                    time.sleep(0.01)

        monkeypatch.setattr(module, "reach", remove)
        words = ("--destination", crm.name, "--from", FROM, "--to", TO)
        code, _, err = run(world.settings, "deliveries", "backfill", *words)
        assert (code, "was removed meanwhile" in err) == (1, True)
        failed = removed[0].result(60)
        assert 0 < failed < 216
        states = removing.execute(
            "SELECT status, count(*) FROM deliveries WHERE destination_id = %s GROUP BY status",
            [crm.destination_id],
        ).fetchall()
    assert states == [("failed", failed)]


def age(world: World, crm: Destination, first: int, end: int) -> None:
    """Sends these events, and removes what was sent, long after."""
    sent = [event_id(n) for n in range(first, end)]
    with world.connect() as connection:
        connection.execute(
            "UPDATE deliveries SET status = 'sent', finished_at = %s"
            " WHERE destination_id = %s AND event_id = ANY (%s::uuid[])",
            [START + timedelta(days=1), crm.destination_id, sent],
        )
    with retention.open_connection(world.settings_of("delivery")) as connection:
        later = START + timedelta(days=200)
        retention.Run(connection, limits_of(world.settings, later)).run()


def test_a_period_of_which_deliveries_were_removed_is_refused(
    world: World, crm: Destination
) -> None:
    backfill(world.settings, crm)
    age(world, crm, 0, 100)
    left = queued(world, crm)
    assert set(left) == wanted(100)
    words = ("deliveries", "backfill", "--destination", crm.name, "--to", TO)
    for more in ((), ("--dry-run",)):
        code, _, err = run(world.settings, *words, "--from", FROM, *more)
        assert (code, "begin at 2026-11-21T07:39:01Z or later" in err) == (1, True)
    assert queued(world, crm) == left
    assert (
        backfill(world.settings, crm, "--from", "2026-11-21T07:39:01Z", "--to", TO)["queued"] == 0
    )
    assert queued(world, crm) == left


def test_what_is_removed_meanwhile_is_not_queued_again(world: World, crm: Destination) -> None:
    """Between two parts of a run, events that it has not come to are sent and removed."""
    backfill(world.settings, crm)
    with world.connect() as connection:
        connection.execute(
            "DELETE FROM deliveries WHERE destination_id = %s AND event_id = %s",
            [crm.destination_id, event_id(1)],
        )
    request = module.BackfillRequest(crm.destination_id, START, START + timedelta(days=1), rate=1.0)
    with world.connect() as connection, History(world.settings_of("operator")) as history:
        connection.execute("SET timezone TO 'UTC'")
        under_way = module.Backfill(
            connection, request, system_clock, pause=lambda _seconds: age(world, crm, 0, EVENTS)
        )
        spans = module.spans_of(history, crm, request.start)
        with pytest.raises(Rejected, match="could be queued a second time"):
            under_way.run(history, spans, lambda _read, _queued: None)
    assert set(queued(world, crm)) <= {event_id(1)}


def test_mistakes_are_named(world: World, crm: Destination) -> None:
    words = ("deliveries", "backfill", "--from", FROM)
    assert "no destination" in run(world.settings, *words, "--destination", "nobody")[2]
    code, _, err = run(world.settings, *words, "--to", FROM, "--destination", crm.name)
    assert (code, "--from is not before --to" in err) == (2, True)
    with world.connect() as connection:
        removal.remove(connection, crm.name, START)
    assert run(world.settings, *words, "--destination", crm.name)[0] == 1
