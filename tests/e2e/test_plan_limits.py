"""A store at its plan's limit: stopped within seconds, no other is, nothing lost, opened again."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import httpx
from tests.support.services import running
from tests.support.used_plans import give_plan, limits_of, new_store
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key

SECONDS = 10.0
HARD = 40


def views(store: UUID, count: int) -> list[dict[str, Any]]:
    event = {"store_id": str(store), "session_id": "s-1", "activity_type": "page_view"}
    return [{**event, "event_id": str(uuid4())} for _ in range(count)]


def test_a_hard_limit_stops_one_store_and_ends_with_the_plan(world: World) -> None:
    settings = world.settings.model_copy(update={"usage_meter_seconds": 1.0})
    with (
        running("gateway", settings) as service,
        running("agents", settings),
        world.connect() as connection,
    ):
        gateway = service.url
        small, other = new_store(connection), new_store(connection)
        plan = give_plan(connection, small, limits_of(event=HARD))
        give_plan(connection, other, limits_of(event=1_000_000))
        server = new_key("secret")
        store_key(connection, server, kind="secret", scopes=["ingest"])

        def send(events: list[dict[str, Any]]) -> httpx.Response:
            body = {"stream": "activity", "events": events}
            return httpx.post(f"{gateway}/collect", json=body, headers={"X-Api-Key": server})

        def stored(store: UUID) -> set[str]:
            rows = connection.execute(
                "SELECT event_id::text FROM customer_activity WHERE store_id = %s", (store,)
            ).fetchall()
            return {event_id for (event_id,) in rows}

        def reached_events() -> list[tuple[Any, ...]]:
            return connection.execute(
                "SELECT metadata ->> 'level', metadata ->> 'meter', metadata ->> 'limit'"
                " FROM usage_events WHERE store_id = %s AND meter = 'plan_limit_reached'",
                (small,),
            ).fetchall()

        wait_until(lambda: send(views(other, 1)).status_code == 202, "the key", seconds=SECONDS)
        accepted: set[str] = set()
        first = send(views(small, HARD))
        assert first.status_code == 202
        accepted |= set(first.json()["ids"])
        kept: list[dict[str, Any]] = []

        def is_stopped() -> bool:
            events = views(small, 1)
            answer = send(events)
            if answer.status_code == 402:
                assert answer.json()["code"] == "PLAN_LIMIT"
                kept.extend(events)
                return True
            accepted.update(answer.json()["ids"])
            return False

        began = time.monotonic()
        wait_until(is_stopped, "the store is stopped", seconds=SECONDS)
        print(f"stopped after {time.monotonic() - began:.1f} s and {len(accepted)} events")
        mixed = views(other, 1) + views(small, 1)
        answer = send(mixed)
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
        assert answer.json()["rejected"][0]["code"] == "PLAN_LIMIT"
        kept.append(mixed[1])
        wait_until(lambda: stored(small) >= accepted, "what was accepted", seconds=SECONDS)

        expected = [("hard", "event", str(HARD))]
        wait_until(lambda: reached_events() == expected, "the limit's event", seconds=30)
        give_plan(connection, small, limits_of(event=10 * HARD))
        assert plan == f"p-{small.hex}"
        wait_until(lambda: send(kept).status_code == 202, "the raised plan", seconds=SECONDS)
        accepted |= {event["event_id"] for event in kept}
        assert send(kept).status_code == 202  # a repeat has no effect
        wait_until(lambda: stored(small) >= accepted, "what was kept", seconds=SECONDS)
        assert stored(small) == accepted
        assert reached_events() == expected
