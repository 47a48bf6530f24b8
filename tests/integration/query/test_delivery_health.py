"""`/api/delivery/destinations`: state, breaker, speed and backlog, held against the rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.integration.query.conftest import Reads
from tests.integration.query.test_delivery import batch, delivery

from storepulse.access import keys
from storepulse.destinations.rules.latency import COUNTERS, counter_of

PATH = "/api/delivery/destinations"
HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'&"


def now() -> datetime:
    return datetime.now(UTC)


def add_destination(reads: Reads, **fields: Any) -> str:
    made = str(uuid4())
    reads.insert(
        "destinations",
        {"destination_id": made, "name": f"d-{made[:8]}", "kind": "webhook",
         "config": '{"url": "https://crm.example/hooks/s3cret", "headers": {"x": "s3cret"}}',
         "secrets": b"s3cret", **fields},
    )  # fmt: skip
    return made


def read(reads: Reads, destination: str) -> Any:
    return reads.read(f"{PATH}/{destination}")["data"]


def test_requests_of_the_last_hour_from_all_processes(reads: Reads) -> None:
    destination, draw = add_destination(reads), random.Random(7)
    at = now().replace(second=0, microsecond=0)
    times: list[float] = []
    for ago in range(55):
        for _ in range(2):
            counts = [0] * COUNTERS
            for _ in range(draw.randint(1, 5)):
                times.append(draw.lognormvariate(-2, 0.5))
                counts[counter_of(times[-1])] += 1
            reads.insert(
                "delivery_minutes",
                {"destination_id": destination, "minute": at - timedelta(minutes=ago),
                 "process": str(uuid4()), "delivered": counts, "failed": 1,
                 "delivered_at": at - timedelta(minutes=ago)},
            )  # fmt: skip
    old = {"destination_id": destination, "process": str(uuid4()), "failed": 9,
           "delivered": [100] * COUNTERS}  # fmt: skip
    reads.insert("delivery_minutes", {**old, "minute": at - timedelta(minutes=61)})
    found = read(reads, destination)["requests"]
    assert (found["delivered"], found["failed"]) == (len(times), 110)
    ordered = sorted(times)
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        exact = ordered[int(share * len(ordered))]
        assert abs(found[name] - exact) < 0.25 * exact
    assert len(found["by_time"]) == 12
    assert sum(step["delivered"] for step in found["by_time"]) == len(times)
    assert [step["complete"] for step in found["by_time"]] == [True] * 11 + [False]
    assert found["from"] == found["by_time"][0]["at"]
    (listed,) = [
        one for one in reads.read(PATH)["data"] if one["destination_id"] == destination
    ]  # fmt: skip
    assert listed["requests"] == found
    assert listed["delivered_at"] == f"{at:%Y-%m-%dT%H:%M}:00.000Z"


def test_a_breaker_tells_since_when_it_is_open(reads: Reads) -> None:
    destination = add_destination(reads)
    opened, probe_at = now() - timedelta(minutes=12), now() + timedelta(minutes=2)
    reads.insert(
        "destination_breakers",
        {"destination_id": destination, "state": "open", "recent": "x" * 12,
         "probe_at": probe_at, "account_fault": HOSTILE},
    )  # fmt: skip
    change = {"destination_id": destination, "outcomes": 12, "failures": 9}
    reads.insert(
        "breaker_changes",
        {**change, "changed_at": opened - timedelta(hours=1), "was": "closed", "state": "open"},
        {**change, "changed_at": opened - timedelta(minutes=50), "was": "probing",
         "state": "closed"},
        {**change, "changed_at": opened, "was": "closed", "state": "open"},
        {**change, "changed_at": opened + timedelta(minutes=5), "was": "open",
         "state": "probing"},
        {**change, "changed_at": opened + timedelta(minutes=5), "was": "probing",
         "state": "open"},
    )  # fmt: skip
    data = read(reads, destination)
    breaker = data["breaker"]
    assert data["account_fault"] == HOSTILE
    assert (breaker["state"], breaker["outcomes"], breaker["failures"]) == ("open", 12, 9)
    assert breaker["since"] == f"{opened:%Y-%m-%dT%H:%M:%S}.{opened.microsecond // 1000:03}Z"
    assert [span["state"] for span in breaker["history"]] == ["closed", "open", "probing", "open"]
    assert breaker["history"][1]["from"] == breaker["since"]
    assert breaker["history"][0]["outcomes"] is None
    for before, after in zip(breaker["history"], breaker["history"][1:], strict=False):
        assert before["to"] == after["from"]


def test_a_closed_breaker_has_one_span(reads: Reads) -> None:
    data = read(reads, add_destination(reads))
    assert data["breaker"] | {"history": []} == {
        "state": "closed", "since": None, "outcomes": None, "failures": None, "probe_at": None,
        "history": [],
    }  # fmt: skip
    (span,) = data["breaker"]["history"]
    assert span["state"] == "closed"
    assert data["waiting"] == {"events": 0, "more": False, "oldest_at": None}
    assert (data["requests"]["p95"], data["delivered_at"], data["oldest_request"]) == (
        None, None, None,
    )  # fmt: skip


def test_what_waits_and_the_attempts_of_the_oldest_request(reads: Reads, store: str) -> None:
    destination = add_destination(reads, streams=["cart", "activity"], consent=["marketing"])
    oldest = now() - timedelta(minutes=9)
    first = batch(destination, created_at=oldest, events=2, attempts=3,
                  due_at=now() + timedelta(minutes=1))  # fmt: skip
    second = batch(destination, created_at=oldest + timedelta(minutes=1), events=1)
    done = batch(destination, created_at=oldest - timedelta(days=1), status="done")
    reads.insert("delivery_batches", second, first, done)
    for n in range(3):
        reads.insert(
            "delivery_attempts",
            {"batch_id": first["batch_id"], "attempt": n + 1, "seconds": 0.38, "outcome": "retry",
             "attempted_at": oldest + timedelta(seconds=n), "status": 503, "error": HOSTILE},
        )  # fmt: skip
    in_batches = [
        delivery(destination, store, batch_id=made["batch_id"]) for made in (first, first, second)
    ]
    waiting = [delivery(destination, store, created_at=now()) for _ in range(4)]
    reads.insert("deliveries", *in_batches, *waiting, delivery(destination, store, status="sent"))
    data = read(reads, destination)
    assert data["waiting"]["events"] == 7
    assert data["waiting"]["oldest_at"].startswith(f"{oldest:%Y-%m-%dT%H:%M:%S}")
    request = data["oldest_request"]
    assert (request["batch_id"], request["events"], request["attempts"]) == (
        first["batch_id"], 2, 3,
    )  # fmt: skip
    assert [(one["attempt"], one["status"], one["error"]) for one in request["attempt_log"]] == [
        (n, 503, HOSTILE) for n in (1, 2, 3)
    ]
    assert data["declaration"]["streams"] == ["activity", "cart"]
    assert data["declaration"]["retry_seconds"][:3] == [1.0, 2.0, 4.0]


def test_the_newest_failures(reads: Reads) -> None:
    destination, at = add_destination(reads), now().replace(second=0, microsecond=0)
    for ago in range(12):
        minute = at - timedelta(minutes=ago)
        reads.insert(
            "delivery_minutes",
            {"destination_id": destination, "minute": minute, "process": str(uuid4()),
             "delivered": [0] * COUNTERS, "failed": 1, "failed_at": minute,
             "failed_status": 500 + ago, "failed_error": HOSTILE},
        )  # fmt: skip
    failures = read(reads, destination)["failures"]
    assert [one["status"] for one in failures] == list(range(500, 510))
    assert failures[0]["error"] == HOSTILE


def test_nothing_of_a_configuration_is_told_but_a_host(reads: Reads) -> None:
    destination = add_destination(reads)
    for path in (PATH, f"{PATH}/{destination}", f"{PATH}/d-{destination[:8]}"):
        answer = reads.get(path)
        assert answer.status_code == 200
        assert "s3cret" not in answer.text
        assert "crm.example" in answer.text
    assert reads.get(f"{PATH}/nowhere").status_code == 404


def test_a_key_of_a_store_sees_that_stores_destinations_alone(reads: Reads, store: str) -> None:
    own, shared = add_destination(reads, store_id=store), add_destination(reads)
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"], store_id=UUID(store))

    def get(path: str) -> Any:
        return reads.client.get(reads.url + path, headers={"X-Api-Key": key})

    listed = get(PATH).json()
    assert [one["destination_id"] for one in listed["data"]] == [own]
    assert listed["total"] == 1
    assert get(f"{PATH}/{own}").status_code == 200
    assert get(f"{PATH}/{shared}").status_code == 404
    assert get(f"{PATH}?store_id={uuid4()}").status_code == 403
    narrowed = reads.read(PATH, store_id=store)
    assert [one["destination_id"] for one in narrowed["data"]] == [own]
