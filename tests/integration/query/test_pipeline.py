"""`/api/health/pipeline`: each figure against the rows, and what a store's key is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access import keys
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.audit import GROUP
from storepulse.query.audit_watch import audit_if_due

PIPELINE = "/api/health/pipeline"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def counted(store: str, hour: datetime, stream: str = "cart", **counts: int) -> dict[str, Any]:
    told = {"applied": 0, "duplicate": 0, "dead": 0} | counts
    at = hour.replace(minute=0, second=0, microsecond=0)
    return {"stream": stream, "store_id": store, "hour": at, "accepted": sum(told.values()), **told}


def test_the_ledger_of_seven_days_adds_up(reads: Reads, store: str, now: datetime) -> None:
    reads.insert(
        "ledger_counts",
        counted(store, now, applied=7, duplicate=2, dead=1),
        counted(store, now - 6 * DAY, applied=30),
        counted(store, now, stream="activity", applied=400, dead=1),
        counted(store, now - 8 * DAY, applied=9_000),
        counted(str(uuid4()), now, applied=11),
    )
    found = reads.read(PIPELINE, store_id=store)
    assert found["scope"] == "store"
    assert found["ledger"] | {"since": None} == {
        "since": None, "accepted": 441, "applied": 437, "duplicates": 2, "dead": 2,
        "in_flight": None,
    }  # fmt: skip
    is_same_hour = datetime.fromisoformat(found["as_of"]).hour == now.hour
    assert found["this_hour"] == (411 if is_same_hour else 0)
    every = reads.read(PIPELINE)
    with reads.world.connect() as connection:
        sums = connection.execute(
            "SELECT sum(applied), sum(duplicate), sum(dead) FROM ledger_counts WHERE hour >= %s",
            [every["ledger"]["since"]],
        ).fetchone()
    told = every["ledger"]
    assert [told[name] for name in ("applied", "duplicates", "dead")] == [
        int(n) for n in sums or ()
    ]
    parts = told["applied"] + told["duplicates"] + told["dead"] + (told["in_flight"] or 0)
    assert told["accepted"] == parts


def test_rates_and_lag_are_known_once_the_service_has_looked(reads: Reads, now: datetime) -> None:
    def looked() -> Any:
        found = reads.read(PIPELINE)
        return found if found["processing"] and found["collecting"]["rates"] else None

    found = wait_until(looked, seconds=30)
    streams = {one["stream"] for one in found["processing"]["streams"]}
    assert streams == set(load_catalog(reads.world.settings.topic_prefix).streams)
    assert found["processing"]["lag"] == found["ledger"]["in_flight"]
    assert found["collecting"]["per_second"] >= 0


def letter(store: str, at: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "stream": "cart", "stage": "decode", "reason": "does not decode", "topic": "t",
        "topic_id": str(uuid4()), "partition": 0, "offset": 1, "store_id": store,
        "code_version": "1", "created_at": at, **fields,
    }  # fmt: skip


def test_open_letters_and_new_ones(reads: Reads, store: str, now: datetime) -> None:
    reads.insert(
        "dead_letters",
        letter(store, now),
        letter(store, now - 23 * HOUR),
        letter(store, now - 25 * HOUR),
        letter(store, now, status="resolved"),
        letter(str(uuid4()), now),
    )
    found = reads.read(PIPELINE, store_id=store)["dead_letters"]
    assert (found["open"], found["more"], found["new"]) == (3, False, 2)


def test_destinations_are_told_in_a_word(reads: Reads, store: str, now: datetime) -> None:
    made = {name: str(uuid4()) for name in ("well", "away", "account", "still", "shared")}
    rows = [
        {"destination_id": made[name], "name": f"{name}-{store[:8]}", "kind": "webhook",
         "store_id": store}
        for name in ("well", "away", "account")
    ]  # fmt: skip
    rows.append({**rows[0], "destination_id": made["still"], "name": f"still-{store[:8]}",
                 "status": "paused", "status_reason": "holiday"})  # fmt: skip
    rows.append(
        {"destination_id": made["shared"], "name": f"shared-{store[:8]}", "kind": "webhook"}
    )
    reads.insert("destinations", *rows)
    probe = now + timedelta(minutes=5)
    reads.insert(
        "destination_breakers",
        {"destination_id": made["away"], "state": "open", "probe_at": probe},
        {"destination_id": made["account"], "account_fault": "401: no such key"},
    )
    waiting = {
        "destination_id": made["away"], "store_id": store, "received_at": now, "stream": "cart",
        "event_type": "cart_add", "priority": 1, "created_at": now, "value": b"\0",
        "source_topic": "t", "source_topic_id": "i", "source_partition": 0, "source_offset": 1,
    }  # fmt: skip
    reads.insert("deliveries", *({**waiting, "event_id": str(uuid4())} for _ in range(3)),
                 {**waiting, "event_id": str(uuid4()), "status": "sent"})  # fmt: skip
    reads.insert(
        "delivery_batches",
        {"batch_id": str(uuid4()), "destination_id": made["away"], "events": 20, "due_at": now,
         "created_at": now},
    )  # fmt: skip
    listed = reads.read(PIPELINE, store_id=store)["destinations"]
    found = {one["destination_id"]: one for one in listed}
    words = {name: found[made[name]]["word"] for name in made}
    assert words == {
        "well": "ok", "away": "open", "account": "refuses", "still": "paused", "shared": "ok",
    }  # fmt: skip
    away = found[made["away"]]
    assert (away["pending"], away["more"], away["breaker"]) == (23, False, "open")
    assert abs(datetime.fromisoformat(away["probe_at"]) - probe) < timedelta(milliseconds=1)
    assert found[made["account"]]["reason"] == "401: no such key"
    assert found[made["shared"]]["pending"] is None
    shared = next(
        one
        for one in reads.read(PIPELINE)["destinations"]
        if one["destination_id"] == made["shared"]
    )
    assert shared["pending"] == 0


@pytest.fixture
def key_of_store(reads: Reads, store: str) -> str:
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"], store_id=UUID(store))
    return key


def test_a_store_s_key_is_told_of_its_store_alone(
    reads: Reads, store: str, key_of_store: str, now: datetime
) -> None:
    reads.insert("ledger_counts", counted(store, now, applied=5))
    sent = {"Authorization": f"Bearer {key_of_store}"}
    found = httpx.get(reads.url + PIPELINE, headers=sent, timeout=10).json()
    assert (found["scope"], found["ledger"]["accepted"]) == ("store", 5)
    assert (found["collecting"], found["processing"]) == (None, None)
    other = httpx.get(f"{reads.url}{PIPELINE}?store_id={uuid4()}", headers=sent, timeout=10)
    assert other.status_code == 403


def test_the_ledger_is_audited_by_one_service_an_hour(world: World) -> None:
    settings = world.settings_of("query")
    assert audit_if_due(settings)
    assert not audit_if_due(settings)
    with world.connect() as connection:
        rows = connection.execute("SELECT part, accepted, findings FROM audits").fetchall()
    assert rows == [("ledger", 0, [])]
    catalog = load_catalog(world.settings.topic_prefix)
    with world.connect() as connection:
        connection.execute(
            "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic, applied)"
            " VALUES (%s, %s, 0, %s, '{[0,9)}')",
            [world.settings.topic_prefix + GROUP, str(uuid4()), catalog.ingest("cart")],
        )
    assert audit_if_due(settings, every_seconds=0)
    with world.connect() as connection:
        row = connection.execute("SELECT findings FROM audits ORDER BY at DESC LIMIT 1").fetchone()
    assert row is not None
    assert row[0] == ["cart: the ledger holds 9 offsets and counts 0 as accepted"]


@pytest.fixture
def service(world: World) -> Iterator[str]:
    with running("query", world.settings) as started:
        yield started.url


def test_the_newest_audit_is_shown_with_its_differences(world: World, service: str) -> None:
    def newest() -> Any:
        return httpx.get(service + PIPELINE, headers=world.headers, timeout=10).json()["audit"]

    first = wait_until(newest, seconds=30)
    assert (first["part"], first["balanced"], first["differences"]) == ("ledger", True, 0)
    with world.connect() as connection:
        connection.execute(
            "INSERT INTO audits (part, accepted, applied, duplicates, dead, in_flight, findings)"
            " VALUES ('tables', 9, 8, 0, 0, 0, %s)",
            [[f"finding {n}" for n in range(7)]],
        )
    second = newest()
    assert (second["part"], second["balanced"], second["differences"]) == ("tables", False, 7)
    assert second["findings"] == [f"finding {n}" for n in range(5)]
