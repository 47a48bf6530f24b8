"""Limits of plans through the running gateway: every door, headers, batches, the month's end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import ACTIVITY, CART_BATCH, VIEW, Answer, post
from tests.support.services import running
from tests.support.used_plans import give_plan, limits_of, new_store, use
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.access.plan_changes import set_plan
from storepulse.access.rules.administration import CLI
from storepulse.access.store_secrets import EnteredSecret, set_secret
from storepulse.adapters import clock
from storepulse.adapters.clock import system_clock
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.domain.plans import PlanLimit
from storepulse.gateway.endpoints import endpoints
from storepulse.local import ports
from storepulse.streams.registry import STREAMS

SECONDS = 6.0
SHOP_SECRET = "shpss_0123456789abcdef"
DOMAIN = "limited.myshopify.com"


class Limited:
    """A gateway with its clock, a store at its limit, and one far from it with the same limit."""

    def __init__(self, world: World, port: int, clock_file: Path) -> None:
        self.world, self.port, self._clock_file = world, port, clock_file
        with world.connect() as connection:
            self.key = new_key("secret")
            store_key(connection, self.key, kind="secret", scopes=["ingest"])
            self.stopped, self.free = new_store(connection, DOMAIN), new_store(connection)
            self.move_clock(0)
            for store in (self.stopped, self.free):
                self.plan = give_plan(connection, store, limits_of(event=10))
            box = SecretBox.of(world.settings)
            secret = EnteredSecret("shopify", SHOP_SECRET)
            set_secret(connection, box, CLI, self.stopped, secret, system_clock())
            use(connection, self.stopped, "event", 10)
            use(connection, self.free, "event", 9)

    def move_clock(self, seconds: float) -> None:
        """Sets the gateway's clock so far ahead."""
        new = self._clock_file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._clock_file)

    def send(self, path: str, body: Any, key: str = "", **headers: str) -> Answer:
        return post(self.port, path, body, X_Api_Key=key or self.key, **headers)

    def view(self, store: UUID, **headers: str) -> Answer:
        return self.send(ACTIVITY, VIEW | {"store_id": str(store)}, **headers)

    def until(self, store: UUID, status: int) -> Answer:
        """The first answer of this status to a view."""
        found: list[Answer] = []

        def answered() -> bool:
            found.append(self.view(store))
            return found[-1].status == status

        wait_until(answered, lambda: f"{status}: {found[-1].body!r}", seconds=SECONDS)
        return found[-1]


@pytest.fixture(scope="module")
def limited(module_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    settings = changed(
        module_world.settings, **OPEN, gateway_port=ports.free_port(), gateway_require_key=True
    )
    file = tmp_path_factory.mktemp("clock") / "offset"
    file.write_text("0")
    with running("gateway", settings, {clock.VARIABLE: str(file)}):
        made = Limited(module_world, settings.gateway_port, file)
        made.until(made.stopped, 402)
        yield made


def bodies(path: str, store: UUID) -> dict[str, Any]:
    """What this path takes as an event of a store."""
    endpoint = endpoints(Settings())[path]
    if endpoint.is_segment:
        message = {
            "type": endpoint.segment or "track", "anonymousId": "a-1", "userId": "c-1",
            "previousId": "a-1", "groupId": "g-1", "event": "Product Viewed",
            "integrations": {"Storepulse": {"store_id": str(store)}},
        }  # fmt: skip
        return message if endpoint.segment else {"batch": [message]}
    stream = STREAMS[endpoint.stream or "activity"]
    envelope = {"store_id": str(store), "session_id": "s-1"}
    kind = endpoint.states.get(stream.input.type_field or "", stream.types.names[0])
    event = stream.sample(kind, envelope)
    event.pop(endpoint.parameter, None)
    if endpoint.stream is None:
        return {"stream": stream.name, "events": [event]}
    return event if endpoint.one else {"events": [event]}


def target(path: str) -> str:
    """A path with something in its last segment."""
    return path.replace("{test_id}", "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506")


PATHS = sorted(path for path, endpoint in endpoints(Settings()).items() if not endpoint.is_webhook)


@pytest.mark.parametrize("path", PATHS)
def test_every_door_stops_the_store_at_its_limit_and_no_other(limited: Limited, path: str) -> None:
    with limited.world.connect() as connection:
        period = system_clock().replace(day=1).date()
        assert connection.execute(
            "SELECT sum FROM usage_current WHERE store_id = %s AND period = %s AND meter = 'event'",
            (limited.stopped, period),
        ).fetchone() == (10,)
    refused = limited.send(target(path), bodies(path, limited.stopped), Origin="https://a.example")
    # Segment's clients drop what gets 402.
    status, words = (
        (429, "Too Many Requests") if path.startswith("/v1/") else (402, "Payment Required")
    )
    assert refused.status == status, refused.body
    document = refused.json
    assert (document["status"], document["code"]) == ("error", "PLAN_LIMIT")
    assert document["error"] == words
    details = document["details"]
    assert (details["meter"], details["limit"], details["used"]) == ("event", "10", "10")
    assert details["plan"] == f"p-{limited.stopped.hex}"
    ends_at = datetime.fromisoformat(details["periodEndsAt"])
    assert (ends_at.day, ends_at.hour) == (1, 0)
    assert ends_at > system_clock()
    left = (ends_at - system_clock()).total_seconds()
    assert abs(int(refused.headers["retry-after"]) - min(left, 3_600)) < 60
    assert refused.headers["storepulse-plan-warning"].startswith('"event";level=hard;used="10"')
    if endpoints(Settings())[path].door is None:
        assert refused.headers["access-control-allow-origin"] == "*"
        exposed = refused.headers["access-control-expose-headers"]
        assert {"Retry-After", "Storepulse-Plan-Warning"} <= set(exposed.split(", "))
    accepted = limited.send(target(path), bodies(path, limited.free))
    assert accepted.status in (200, 202), accepted.body
    assert "storepulse-plan-warning" not in accepted.headers


def test_webhooks_are_taken_beyond_the_limit(limited: Limited) -> None:
    body = json.dumps(
        {"id": 1, "total_price": "10.00", "currency": "EUR", "created_at": "2026-11-01T10:00:00Z"}
    ).encode()
    digest = hmac.new(SHOP_SECRET.encode(), body, hashlib.sha256).digest()
    answer = post(
        limited.port, "/webhooks/shopify", body,
        X_Shopify_Hmac_Sha256=base64.b64encode(digest).decode(), X_Shopify_Shop_Domain=DOMAIN,
        X_Shopify_Topic="orders/create", X_Shopify_Webhook_Id=str(uuid4()),
    )  # fmt: skip
    assert (answer.status, answer.json["status"]) == (200, "accepted"), answer.body


def test_in_a_batch_each_event_has_its_own_outcome(limited: Limited) -> None:
    stores = [limited.free, limited.stopped, limited.free]
    events: list[dict[str, Any]] = [VIEW | {"store_id": str(store)} for store in stores]
    answer = limited.send("/collect", {"stream": "activity", "events": [*events, {"x": 1}]})
    assert (answer.status, answer.json["accepted"]) == (202, 2)
    plan, bad = answer.json["rejected"]
    assert (plan["index"], plan["code"]) == (1, "PLAN_LIMIT")
    assert "keep the event and send it again after Retry-After" in plan["reason"]
    assert 1 <= int(answer.headers["retry-after"]) <= 3_600
    others = limited.send("/collect", {"stream": "activity", "events": [events[0], {"x": 1}]})
    assert (others.status, "retry-after" in others.headers) == (202, False)
    assert (bad["index"], "code" in bad) == (3, False)
    # None is good: what may be sent again decides, since a sender keeps a batch or drops it.
    none = limited.send("/collect", {"stream": "activity", "events": [{"x": 1}, events[1]]})
    assert (none.status, none.json["code"]) == (402, "PLAN_LIMIT")
    assert [event["index"] for event in none.json["rejected"]] == [0, 1]
    carts = [{"storeName": DOMAIN}, {"storeName": "another.example"}]
    told = limited.send(CART_BATCH, {"events": carts})
    assert 1 <= int(told.headers["retry-after"]) <= 3_600
    outcomes = told.json["data"]
    assert (outcomes["accepted"], outcomes["results"][0].get("code")) == (1, "PLAN_LIMIT")
    wrong = limited.send(ACTIVITY, VIEW | {"store_id": str(limited.stopped), "activity_type": 5})
    assert wrong.status == 400


def test_a_batch_of_segment_that_is_partly_stopped_says_when_to_come_again(
    limited: Limited,
) -> None:
    messages = [
        {
            "type": "track", "event": "Product Viewed", "anonymousId": "a-1",
            "integrations": {"Storepulse": {"store_id": str(store)}},
        }
        for store in (limited.free, limited.stopped)
    ]  # fmt: skip
    answer = limited.send("/v1/batch", {"batch": messages})
    assert (answer.status, answer.json["rejected"][0]["code"]) == (200, "PLAN_LIMIT")
    assert 1 <= int(answer.headers["retry-after"]) <= 3_600


def test_refused_events_are_no_rejects_and_are_counted_by_meter(limited: Limited) -> None:
    def counted() -> dict[str, float]:
        url = f"http://127.0.0.1:{limited.port}/metrics"
        with limited.world.connect() as connection:
            key = new_key("secret")
            store_key(connection, key, kind="secret", scopes=["read"])

        def read() -> httpx.Response:
            return httpx.get(url, headers={"X-Api-Key": key})

        wait_until(lambda: read().status_code == 200, "the key", seconds=SECONDS)
        lines = [line for line in read().text.splitlines() if not line.startswith("#")]
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    before = counted()
    limited.view(limited.stopped)
    after = counted()
    changes = {
        name: after[name] - before.get(name, 0)
        for name in after
        if name.startswith(("storepulse_plan_refused", "storepulse_ingest_events"))
        and after[name] != before.get(name, 0)
    }
    assert changes == {
        'storepulse_plan_refused_events_total{meter="event"}': 1,
        'storepulse_ingest_events_total{outcome="limited",stream="activity"}': 1,
    }


def test_a_raised_plan_opens_within_seconds_and_a_lowered_one_stops(limited: Limited) -> None:
    with limited.world.connect() as connection:
        store = new_store(connection)
        plan = give_plan(connection, store, limits_of(event=5))
        use(connection, store, "event", 5)
        limited.until(store, 402)
        set_plan(connection, CLI, plan, limits_of(event=6), datetime.now(UTC))
        assert limited.until(store, 202).headers.get("storepulse-plan-warning") is None
        use(connection, store, "event", 1)
        limited.until(store, 402)


def test_the_month_ends_by_the_gateways_own_clock(limited: Limited) -> None:
    """The database knows nothing of it: so does a gateway whose database is away."""
    event = VIEW | {"store_id": str(limited.stopped), "event_id": str(uuid4())}
    refused = limited.send(ACTIVITY, event)
    ends_at = datetime.fromisoformat(refused.json["details"]["periodEndsAt"])
    left = ends_at - system_clock()
    try:
        limited.move_clock((left - timedelta(seconds=30)).total_seconds())
        almost = limited.send(ACTIVITY, event)
        assert almost.status == 402
        assert 1 <= int(almost.headers["retry-after"]) <= 30
        limited.move_clock((left + timedelta(seconds=1)).total_seconds())
        taken = limited.send(ACTIVITY, event)
        assert (taken.status, taken.json["ids"]) == (202, [event["event_id"]])
        with limited.world.connect() as connection:
            use(connection, limited.stopped, "event", 10, ends_at + timedelta(hours=1))
        limited.until(limited.stopped, 402)
    finally:
        limited.move_clock(0)
    limited.until(limited.stopped, 402)


def test_a_soft_limit_warns_and_takes(limited: Limited) -> None:
    with limited.world.connect() as connection:
        store = new_store(connection)
        give_plan(connection, store, {"event": PlanLimit(Decimal(3), Decimal(9))})
        use(connection, store, "event", 3)

    def warned() -> bool:
        answer = limited.view(store)
        assert answer.status == 202
        told = answer.headers.get("storepulse-plan-warning", "")
        return told.startswith('"event";level=soft;used="3";limit="3";reset=')

    wait_until(warned, "a warning", seconds=SECONDS)
