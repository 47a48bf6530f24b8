"""`storepulse deliveries`: lists, single deliveries, figures, sending again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql
from tests.support.ingest_records import STORE, event_id, record
from tests.support.inline_commands import run, run_json
from tests.support.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CRM, BATCH = str(uuid4()), str(uuid4())


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Three deliveries to `crm`: sent, failed, pending after an attempt; one to a removed one."""
    insert(module_world, "destinations", destination_id=CRM, name="crm", kind="webhook")
    insert(
        module_world, "delivery_batches", batch_id=BATCH, destination_id=CRM, events=1, attempts=1,
        due_at=NOON + timedelta(minutes=1), created_at=NOON, last_status=503,
        last_error="status 503: \x1b[31mbusy",
    )  # fmt: skip
    insert(
        module_world, "delivery_attempts", batch_id=BATCH, attempt=1, attempted_at=NOON,
        seconds=0.5, outcome="retry", status=503, error="status 503: \x1b[31mbusy",
    )  # fmt: skip
    deliver(module_world, 1, status="sent", finished_at=NOON)
    deliver(module_world, 2, status="failed", finished_at=NOON, last_error="status 400: no")
    deliver(module_world, 3, batch_id=BATCH)
    deliver(module_world, 4, destination_id=str(uuid4()), status="failed", finished_at=NOON)
    return module_world


def insert(world: World, table: str, **row: Any) -> None:
    with world.connect() as connection:
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            list(row.values()),
        )


def deliver(world: World, n: int, **fields: Any) -> None:
    row = {
        "destination_id": CRM, "store_id": STORE, "event_id": event_id(n), "stream": "cart",
        "received_at": NOON + timedelta(minutes=n), "event_type": "cart_add", "priority": 0,
        "created_at": NOON, "value": record("cart", n).value, "source_topic": "t",
        "source_topic_id": "i", "source_partition": 0, "source_offset": n,
    }  # fmt: skip
    insert(world, "deliveries", **row | fields)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["event_id"] for row in rows]


def test_they_are_listed_newest_first(world: World) -> None:
    listed = ("deliveries", "ls")
    assert ids(run_json(world.settings, *listed)) == [event_id(n) for n in (4, 3, 2, 1)]
    assert ids(run_json(world.settings, *listed, "--destination", "crm", "--limit", "1")) == [
        event_id(3)
    ]
    assert ids(run_json(world.settings, *listed, "--status", "sent")) == [event_id(1)]
    since = (NOON + timedelta(minutes=3)).isoformat()
    assert len(run_json(world.settings, *listed, "--since", since, "--store", STORE)) == 2
    assert run_json(world.settings, *listed, "--stream", "heatmap") == []
    code, out, _ = run(world.settings, *listed)
    assert code == 0
    assert "attempt 1: status 503" in out
    assert "(removed " in out
    assert "\x1b" not in out


def test_one_is_shown_with_its_attempts_and_event(world: World) -> None:
    (shown,) = run_json(world.settings, "deliveries", "show", event_id(3), "--event")
    assert (shown["attempts"], shown["last_status"]) == (1, 503)
    assert shown["next_attempt_at"] == "2026-11-21T12:01:00.000Z"
    assert [attempt["outcome"] for attempt in shown["attempt_log"]] == ["retry"]
    assert shown["event"]["store_name"] == "shop.myshopify.com"
    code, out, _ = run(world.settings, "deliveries", "show", event_id(3))
    assert (code, "\x1b" in out, "retry 503" in out) == (0, False, True)
    code, _, err = run(world.settings, "deliveries", "show", event_id(99))
    assert (code, "no delivery" in err) == (1, True)


def test_figures(world: World) -> None:
    counts = {
        row["destination"]: (row["pending"] + row["sent"] + row["failed"])
        for row in run_json(world.settings, "deliveries", "stats")
    }
    assert counts == {"crm": 3, None: 1}
    assert run(world.settings, "deliveries", "stats")[0] == 0


def test_failed_ones_are_queued_again(world: World) -> None:
    resend = ("deliveries", "resend")
    assert run_json(world.settings, *resend, event_id(1), code=1) == {"queued": 0}
    # Nobody would send what waits for a destination that is gone.
    assert run_json(world.settings, *resend, event_id(4), code=1) == {"queued": 0}
    assert run_json(world.settings, *resend, event_id(2)) == {"queued": 1}
    assert run_json(world.settings, *resend, event_id(2), code=1) == {"queued": 0}
    deliver(world, 5, status="failed", finished_at=NOON)
    assert run_json(world.settings, *resend, "--failed", "--destination", "crm") == {"queued": 1}
    assert run_json(world.settings, *resend, event_id(1), "--again") == {"queued": 1}


def test_skipped_ones_are_apart_from_failed_ones(world: World) -> None:
    why = "consent to marketing is denied"
    for n in (6, 7, 8):
        deliver(world, n, status="skipped", finished_at=NOON, last_error=why)
    deliver(world, 9, status="failed", finished_at=NOON)
    listed = run_json(world.settings, "deliveries", "ls", "--status", "skipped")
    assert ids(listed) == [event_id(n) for n in (8, 7, 6)]
    stats = run_json(world.settings, "deliveries", "stats")
    assert {row["destination"]: row["skipped"] for row in stats} == {"crm": 3, None: 0}
    _, out, _ = run(world.settings, "deliveries", "ls", "--status", "skipped")
    assert why in out
    resend = ("deliveries", "resend")
    assert run_json(world.settings, *resend, event_id(6)) == {"queued": 1}
    # Those that tests before this one left failed, too.
    crm = ("--destination", "crm")
    failed = ids(run_json(world.settings, "deliveries", "ls", "--status", "failed", *crm))
    assert event_id(9) in failed
    assert run_json(world.settings, *resend, "--failed", *crm) == {"queued": len(failed)}
    assert run_json(world.settings, *resend, "--skipped", *crm) == {"queued": 2}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--failed",),
        (event_id(1), "--failed", "--destination", "crm"),
        ("no-uuid",),
        ("--skipped",),
        ("--skipped", "--again", "--destination", "crm"),
    ],
)
def test_wrong_usage_is_2(world: World, words: tuple[str, ...]) -> None:
    assert run(world.settings, "deliveries", "resend", *words)[0] == 2
