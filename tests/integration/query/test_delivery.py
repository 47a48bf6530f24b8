"""`/api/delivery/…`: figures, single deliveries, attempts, sending again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads

from storepulse.access import keys

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENTS = "/api/delivery/events"


@pytest.fixture
def destination(reads: Reads) -> str:
    """The id of a destination that no other test knows; its name is `d-` and the id."""
    made = str(uuid4())
    reads.insert(
        "destinations", {"destination_id": made, "name": f"d-{made[:8]}", "kind": "webhook"}
    )
    return made


def delivery(destination: str, store: str, n: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "destination_id": destination, "store_id": store, "event_id": str(uuid4()),
        "received_at": NOON + timedelta(seconds=n), "stream": "cart", "event_type": "cart_add",
        "priority": 1, "created_at": NOON, "value": b"\0", "source_topic": "t",
        "source_topic_id": "i", "source_partition": 0, "source_offset": n,
    } | fields  # fmt: skip


def batch(destination: str, **fields: Any) -> dict[str, Any]:
    return {
        "batch_id": str(uuid4()), "destination_id": destination, "events": 1, "due_at": NOON,
        "created_at": NOON,
    } | fields  # fmt: skip


def test_figures_by_destination_and_store(reads: Reads, destination: str) -> None:
    one, other = str(uuid4()), str(uuid4())
    rows = [delivery(destination, one, status="sent") for _ in range(3)]
    rows += [delivery(destination, one, status="failed"), delivery(destination, one)]
    rows += [
        delivery(destination, other, status="sent"),
        delivery(destination, one, status="skipped"),
    ]
    removed = str(uuid4())
    reads.insert("deliveries", *rows, delivery(removed, one))
    found = reads.read("/api/delivery/stats", destination=destination, refresh=True)
    assert found["data"]["totals"] == {"pending": 1, "sent": 4, "failed": 1, "skipped": 1}
    by_store = {row["store_id"]: row for row in found["data"]["by_destination"]}
    assert by_store[one] == {
        "pending": 1, "sent": 3, "failed": 1, "skipped": 1, "destination_id": destination,
        "destination": f"d-{destination[:8]}", "store_id": one,
    }  # fmt: skip
    reads.insert("deliveries", delivery(destination, other))
    again = reads.read("/api/delivery/stats", store_id=other)
    assert again["as_of"] == found["as_of"]
    assert again["data"]["totals"] == {"pending": 0, "sent": 1, "failed": 0, "skipped": 0}
    fresh = reads.read("/api/delivery/stats", store_id=other, refresh="true")
    assert fresh["as_of"] > found["as_of"]
    assert fresh["data"]["totals"] == {"pending": 1, "sent": 1, "failed": 0, "skipped": 0}
    left_out = reads.read(EVENTS, destination=destination, status="skipped")["data"]
    assert [row["status"] for row in left_out] == ["skipped"]
    (gone,) = reads.read("/api/delivery/stats", destination=removed)["data"]["by_destination"]
    assert (gone["destination"], gone["pending"]) == (None, 1)


def test_pages_hold_every_delivery_once(reads: Reads, destination: str, store: str) -> None:
    # Ten of one moment, so that the cursor has to tell them apart.
    rows = [delivery(destination, store, n // 10) for n in range(25)]
    reads.insert("deliveries", *rows)
    seen, cursor = [], None
    while True:
        sent = {"destination": f"d-{destination[:8]}", "limit": 7}
        page = reads.read(EVENTS, **sent, **({"cursor": cursor} if cursor else {}))
        seen += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 25
    assert {row["event_id"] for row in seen} == {row["event_id"] for row in rows}
    times = [row["received_at"] for row in seen]
    assert times == sorted(times, reverse=True)


def test_the_oldest_first_and_how_many_there_are(
    reads: Reads, destination: str, store: str
) -> None:
    rows = [delivery(destination, store, n // 4) for n in range(9)]
    rows += [delivery(destination, store, 9, status="failed")]
    reads.insert("deliveries", *rows)
    asked = {"store_id": store, "limit": 4, "sort": "received_at"}
    first = reads.read(EVENTS, **asked)
    assert (first["total"], first["more"]) == (10, False)
    seen = first["data"]
    while first["next_cursor"] is not None:
        first = reads.read(EVENTS, **asked, cursor=first["next_cursor"])
        seen += first["data"]
    assert sorted(row["event_id"] for row in seen) == sorted(row["event_id"] for row in rows)
    times = [row["received_at"] for row in seen]
    assert times == sorted(times)
    failed = reads.read(EVENTS, store_id=store, status="failed")
    assert (failed["total"], [row["event_id"] for row in failed["data"]]) == (
        1, [rows[-1]["event_id"]],
    )  # fmt: skip
    one = reads.read(EVENTS, event_id=rows[3]["event_id"])
    assert (one["total"], one["data"][0]["event_id"]) == (1, rows[3]["event_id"])
    # A cursor of the other order names a place that means nothing here.
    newest = reads.read(EVENTS, store_id=store, limit=4)["next_cursor"]
    refused = reads.get(EVENTS, **asked, cursor=newest)
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "cursor")
    refused = reads.get(EVENTS, sort="-attempts")
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "sort")


def test_filters(reads: Reads, destination: str, store: str) -> None:
    wanted = delivery(destination, store, 60, status="failed", stream="landing")
    reads.insert(
        "deliveries", wanted, delivery(destination, store, 60, status="failed"),
        delivery(destination, store, 60, stream="landing"),
        delivery(destination, store, 59, status="failed", stream="landing"),
        delivery(destination, str(uuid4()), 60, status="failed", stream="landing"),
        delivery(str(uuid4()), store, 60, status="failed", stream="landing"),
    )  # fmt: skip
    found = reads.read(
        EVENTS, destination=destination, store_id=store, status="failed", stream="landing",
        since="2026-03-01T12:01:00Z",
    )  # fmt: skip
    assert [row["event_id"] for row in found["data"]] == [wanted["event_id"]]


def test_an_event_with_the_attempts_of_its_batches(
    reads: Reads, destination: str, store: str
) -> None:
    parent = batch(destination, status="done", attempts=1)
    half = batch(
        destination, parent_id=parent["batch_id"], attempts=1, last_status=503,
        last_error="status 503: busy", due_at=NOON + timedelta(minutes=5),
    )  # fmt: skip
    fresh_half = batch(destination, parent_id=parent["batch_id"])
    stranger = batch(destination)
    reads.insert("delivery_batches", parent, half, fresh_half, stranger)
    for n, (made, outcome, status) in enumerate(
        [(parent, "refused", 400), (half, "retry", 503), (stranger, "retry", 500)]
    ):
        reads.insert(
            "delivery_attempts",
            {"batch_id": made["batch_id"], "attempt": 1, "seconds": 0.5, "outcome": outcome,
             "attempted_at": NOON + timedelta(seconds=n), "status": status},
        )  # fmt: skip
    row = delivery(destination, store, batch_id=half["batch_id"])
    twin = delivery(destination, store, event_id=row["event_id"], received_at=NOON,
                    batch_id=fresh_half["batch_id"]) | {"store_id": str(uuid4())}  # fmt: skip
    reads.insert("deliveries", row, twin)
    (found,) = [
        entry for entry in reads.read(f"{EVENTS}/{row['event_id']}")["data"]
        if entry["store_id"] == store
    ]  # fmt: skip
    assert [(a["outcome"], a["status"]) for a in found["attempt_log"]] == [
        ("refused", 400), ("retry", 503),
    ]  # fmt: skip
    assert (found["attempts"], found["last_status"]) == (1, 503)
    assert found["last_error"] == "status 503: busy"
    assert found["next_attempt_at"] == "2026-03-01T12:05:00.000Z"
    (other,) = [
        entry for entry in reads.read(f"{EVENTS}/{row['event_id']}")["data"]
        if entry["store_id"] != store
    ]  # fmt: skip
    assert [a["outcome"] for a in other["attempt_log"]] == ["refused"]
    assert reads.get(f"{EVENTS}/{uuid4()}").status_code == 404


def post(reads: Reads, path: str, body: Any, *scopes: str, store: UUID | None = None) -> Any:
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=list(scopes), store_id=store)
    return httpx.post(reads.url + path, json=body, headers={"x-api-key": key}, timeout=10)


def test_a_skipped_delivery_is_queued_again_where_somebody_asks(
    reads: Reads, destination: str, store: str
) -> None:
    skipped = delivery(destination, store, status="skipped", finished_at=NOON, skipped_order="1")
    reads.insert("deliveries", skipped)
    path = f"{EVENTS}/{skipped['event_id']}"
    assert post(reads, path + "/resend", {}, "ops").json()["queued"] == 1
    assert [row["status"] for row in reads.read(path)["data"]] == ["pending"]


def test_a_failed_delivery_is_sent_again_under_its_id(
    reads: Reads, destination: str, store: str
) -> None:
    other = str(uuid4())
    reads.insert("destinations", {"destination_id": other, "name": other[:9], "kind": "webhook"})
    failed = delivery(
        destination, store, status="failed", batch_id=str(uuid4()), finished_at=NOON,
        last_error="status 400",
    )  # fmt: skip
    sent = delivery(other, store, event_id=failed["event_id"], status="sent", finished_at=NOON)
    reads.insert("deliveries", failed, sent)
    reads.insert("delivery_batches", batch(destination, batch_id=failed["batch_id"], status="done"))
    reads.insert(
        "delivery_attempts",
        {"batch_id": failed["batch_id"], "attempt": 1, "seconds": 0.5, "outcome": "refused",
         "attempted_at": NOON, "status": 400, "error": "status 400"},
    )  # fmt: skip
    path = f"{EVENTS}/{failed['event_id']}"
    assert httpx.post(reads.url + path + "/resend", json={}).status_code == 401
    assert post(reads, path + "/resend", {}, "read").status_code == 403
    assert post(reads, path + "/resend", {}, "ops", store=uuid4()).status_code == 404
    wrong = post(reads, path + "/resend", {"destination": "d-nobody"}, "ops")
    assert wrong.status_code == 404
    answer = post(reads, path + "/resend", {"destination": destination}, "ops", store=UUID(store))
    assert (answer.status_code, answer.json()["queued"]) == (200, 1), answer.text
    states = {row["destination_id"]: row["status"] for row in reads.read(path)["data"]}
    assert states == {destination: "pending", other: "sent"}
    logs = [row["attempt_log"] for row in reads.read(path)["data"] if row["status"] == "pending"]
    assert [(a["outcome"], a["error"]) for a in logs[0]] == [("refused", "status 400")]
    assert post(reads, path + "/resend", {}, "ops").json()["queued"] == 0
    again = post(reads, path + "/resend", {"again": True}, "ops")
    assert again.json()["queued"] == 1
    states = {row["destination_id"]: row["status"] for row in reads.read(path)["data"]}
    assert states == {destination: "pending", other: "pending"}


def test_a_stores_key_sends_its_own_event_again_where_another_store_has_the_id(
    reads: Reads, destination: str, store: str
) -> None:
    other = str(uuid4())
    mine = delivery(destination, store, status="failed", finished_at=NOON)
    others = delivery(destination, other, event_id=mine["event_id"], status="failed",
                      finished_at=NOON)  # fmt: skip
    arrived = delivery(destination, other, 1, event_id=mine["event_id"], status="sent",
                       finished_at=NOON)  # fmt: skip
    reads.insert("deliveries", mine, others, arrived)
    path = f"{EVENTS}/{mine['event_id']}/resend"
    for again in (False, True):
        answer = post(reads, path, {"again": again}, "ops", store=UUID(store))
        assert answer.json()["queued"] == (0 if again else 1), answer.text
    rows = reads.read(f"{EVENTS}/{mine['event_id']}")["data"]
    assert {(row["store_id"], row["status"]) for row in rows} == {
        (store, "pending"), (other, "failed"), (other, "sent"),
    }  # fmt: skip


def test_a_stores_key_does_not_learn_names_of_another_stores_destinations(
    reads: Reads, store: str
) -> None:
    key = keys.new_key("secret")
    names = {}
    for owner in (store, str(uuid4()), None):
        made = str(uuid4())
        names[owner] = f"d-{made[:8]}"
        reads.insert("destinations", {
            "destination_id": made, "name": names[owner], "kind": "webhook", "store_id": owner,
        })  # fmt: skip
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"], store_id=UUID(store))
    for owner, name in names.items():
        answer = reads.request("GET", f"{EVENTS}?destination={name}", headers={"x-api-key": key})
        assert answer.status_code == (200 if owner in (store, None) else 400), owner


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        (EVENTS, {"status": "lost"}, "status"),
        (EVENTS, {"cursor": "nonsense"}, "cursor"),
        (EVENTS, {"since": "yesterday"}, "since"),
        (EVENTS, {"limit": 501}, "limit"),
        (EVENTS, {"destination": "nobody-knows"}, "destination"),
        (EVENTS, {"from": "2026-01-01"}, "from"),
        ("/api/delivery/stats", {"refresh": "perhaps"}, "refresh"),
        (EVENTS + "/no-uuid", {}, "event_id"),
    ],
)
def test_bad_requests(reads: Reads, path: str, parameters: dict[str, Any], field: str) -> None:
    answer = reads.get(path, **parameters)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
