"""Plans of stores through the running query service and the command line, and what stops them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from tests.integration.access.conftest import setting_up
from tests.integration.access.test_stores_and_keys import Shop
from tests.support.services import Service
from tests.support.used_plans import give_plan, limits_of, new_store, use
from tests.support.world import World, open_world

from storepulse.access import keys
from storepulse.access.limit_use import use_of_store
from storepulse.access.plan_changes import MeterRow, assign_plan, set_meter, set_plan
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import change_store
from storepulse.access.table_reader import TableReader
from storepulse.adapters.settings import environment
from storepulse.cli import root
from storepulse.domain.calendars import Calendar, calendar_of_zone
from storepulse.domain.plans import PlanLimit, bounds_of, next_period_of

LIMITS = {"event": {"soft": "80", "hard": "100"}, "sms": {"soft": None, "hard": "0.5"}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_world(tmp_path_factory.mktemp("plans")) as world, ExitStack() as stack:
        settings = setting_up(world, "plans")
        admin = keys.new_key("secret")
        with world.connect() as connection:
            keys.store_key(connection, admin, kind="secret", scopes=list(keys.SCOPES))
        query = Service("query", settings).start()
        stack.callback(query.stop)
        query.wait_ready()
        yield Shop(world, settings, admin)


def month_in(calendar: Calendar, at: datetime) -> date:
    return calendar.day_of(at).replace(day=1)


@pytest.fixture
def plan() -> str:
    return f"plan-{uuid4().hex[:12]}"


def test_the_life_of_a_plan(shop: Shop, plan: str) -> None:
    path = f"/api/plans/{plan}"
    assert shop.call("GET", path).status_code == 404
    made = shop.data("PUT", path, {"description": "Small shops", "limits": LIMITS})
    assert (made["plan"], made["description"]) == (plan, "Small shops")
    assert made["limits"] == LIMITS
    again = shop.data("PUT", path, {"description": " Small shops ", "limits": LIMITS})
    assert again == made
    assert plan in [row["plan"] for row in shop.data("GET", "/api/plans")]
    store, _ = shop.new_store()
    key = shop.new_key("read", "admin", store_id=store)["key"]
    none = shop.data("GET", f"/api/usage/{store}/limits", key=key)
    assert (none["plan"], none["limits"]) == (None, [])
    own = {"order": {"hard": 7}, "sms": {}}
    assigned = shop.data("PUT", f"/api/stores/{store}/plan", {"plan": plan, "limits": own})
    assert assigned[0]["limits"] == {
        "order": {"soft": None, "hard": "7"}, "sms": {"soft": None, "hard": None}
    }  # fmt: skip
    assert shop.data("GET", f"/api/stores/{store}/plan", key=key) == assigned
    same = shop.data("PUT", f"/api/stores/{store}/plan", {"plan": plan, "limits": own})
    assert same == assigned
    with shop.world.connect() as connection:
        use(connection, store, "event", 81)  # type: ignore[arg-type] # the same as text
    shown = shop.data("GET", f"/api/usage/{store}/limits", key=key)
    assert (shown["plan"], shown["plan_since"]) == (plan, assigned[0]["from_at"])
    now = datetime.now(UTC)
    assert shown["period"] == now.date().replace(day=1).isoformat()
    assert shown["starts_at"] < now.isoformat() < shown["ends_at"]
    assert shown["limits"] == [
        {
            "meter": "event", "aggregation": "sum", "unit": "events", "soft": "80", "hard": "100",
            "used": "81", "remaining": "19", "reached": "soft",
        },
        {
            "meter": "order", "aggregation": "sum", "unit": "orders", "soft": None, "hard": "7",
            "used": "0", "remaining": "7", "reached": None,
        },
    ]  # fmt: skip
    refused = shop.call("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
    shop.data("PUT", f"/api/stores/{store}/plan", {"plan": None})
    assert shop.data("GET", f"/api/usage/{store}/limits", key=key)["plan"] is None
    assert plan not in [row["plan"] for row in shop.data("DELETE", path)]
    assert shop.call("DELETE", path).status_code == 404
    assert [action for _, action in shop.trail(plan)] == ["plan.created", "plan.removed"]
    assert [action for _, action in shop.trail(store)][-2:] == ["store.plan_assigned"] * 2


def test_a_store_decides_nothing_of_its_own_plan(shop: Shop, plan: str) -> None:
    store, _ = shop.new_store()
    other, _ = shop.new_store()
    tied = shop.new_key(*keys.SCOPES, store_id=store)["key"]
    shop.data("PUT", f"/api/plans/{plan}", {})
    refused: list[tuple[str, str, Any]] = [
        ("PUT", f"/api/stores/{store}/plan", {"plan": None}),
        ("PUT", f"/api/plans/{plan}", {}),
        ("DELETE", f"/api/plans/{plan}", None),
        ("GET", "/api/plans", None),
        ("PUT", "/api/meters/sms", {}),
        ("GET", f"/api/stores/{other}/plan", None),
        ("GET", f"/api/usage/{other}/limits", None),
    ]
    for method, path, body in refused:
        assert shop.call(method, path, body, tied).status_code == 403, (method, path)
    assert shop.data("GET", "/api/meters", key=tied)
    assert shop.data("GET", f"/api/stores/{store}/plan", key=tied) == []


def test_what_is_no_plan_is_refused_with_the_field(shop: Shop, plan: str) -> None:
    store, _ = shop.new_store()
    path, of_store = f"/api/plans/{plan}", f"/api/stores/{store}/plan"
    shop.data("PUT", path, {})
    many = {f"m{n}": {"hard": 1} for n in range(101)}
    refused: list[tuple[str, Any, str]] = [
        ("/api/plans/UPPER", {}, "plan"),
        ("/api/plans/a%00b", {}, ""),
        (path, {"more": 1}, "more"),
        (path, {"limits": []}, "limits"),
        (path, {"limits": {"a/b": {"hard": 1}}}, "limits"),
        (path, {"limits": many}, "limits"),
        (path, {"limits": {"event": {"hard": -1}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": True}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "NaN"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "1e400"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "1e-999999999"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "1_000"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "\uff11\uff10"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": "Infinity"}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"hard": 10**20}}}, "limits.event.hard"),
        (path, {"limits": {"event": {"soft": "0.00001"}}}, "limits.event.soft"),
        (path, {"limits": {"event": {"soft": 2, "hard": 1}}}, "limits.event.soft"),
        (path, {"description": "x" * 1_001}, "description"),
        (path, {"description": "a\u0000b"}, "description"),
        (of_store, {}, "plan"),
        (of_store, {"plan": None, "limits": {"event": {"hard": 1}}}, "limits"),
        (of_store, {"plan": "a b"}, "plan"),
        (of_store, {"plan": plan, "from_day": "2026-02-30"}, "from_day"),
        (of_store, {"plan": plan, "from_day": "2020-01-01"}, "from_day"),
        (of_store, {"plan": plan, "from_day": "9999-12-31"}, "from_day"),
        ("/api/meters/a%2Fb", {}, ""),
        ("/api/meters/sms", {"aggregation": "median"}, "aggregation"),
        ("/api/meters/sms", {"unit": "u" * 101}, "unit"),
    ]
    for target, body, field in refused:
        answer = shop.call("PUT", target, body)
        if not field:
            assert answer.status_code == 404
            continue
        assert answer.status_code == 400, (target, body, answer.text)
        assert answer.json()["details"]["field"] == field, (target, body, answer.text)
    assert shop.call("PUT", of_store, {"plan": "nobody"}).status_code == 404
    nowhere = f"/api/stores/{uuid4()}/plan"
    assert shop.call("PUT", nowhere, {"plan": plan}).status_code == 404
    built_in = shop.call("PUT", "/api/meters/event", {"aggregation": "max"})
    assert built_in.status_code == 409


def test_a_plan_begins_with_a_day_of_the_store(shop: Shop, plan: str) -> None:
    tokyo = calendar_of_zone("Asia/Tokyo")
    store, _ = shop.new_store(settings={"time_zone": "Asia/Tokyo"})
    path = f"/api/stores/{store}/plan"
    shop.data("PUT", f"/api/plans/{plan}", {"limits": LIMITS})
    day = next_period_of(month_in(tokyo, datetime.now(UTC)))
    coming = {"plan": plan, "from_day": day.isoformat()}
    assigned = shop.data("PUT", path, coming)
    start = tokyo.start_of(day)
    assert assigned[0]["from_at"] == start.isoformat(timespec="milliseconds")[:-6] + "Z"
    assert shop.data("GET", f"/api/usage/{store}/limits")["plan"] is None
    assert shop.call("DELETE", f"/api/plans/{plan}").status_code == 409
    # What is assigned at once takes the place of what was to come.
    shop.data("PUT", path, {"plan": None})
    assert [row["plan"] for row in shop.data("GET", path)] == [None]
    assert shop.call("DELETE", f"/api/plans/{plan}").status_code == 200


def test_the_command_line_says_and_sets_the_same(
    shop: Shop, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(shop.settings).items():
        monkeypatch.setenv(name, value)
    store, domain = shop.new_store()

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(root, arguments)
        assert result.exit_code == code, result.output
        return result.output

    given = ("--limit", "event=80:100", "--limit", "order=5:", "--limit", "sms=1")
    run("plans", "set", plan, *given, "--description", "Small")
    shown = json.loads(run("plans", "show", plan, "--json"))
    assert shown["limits"] == {
        "event": {"soft": "80", "hard": "100"},
        "order": {"soft": "5", "hard": None},
        "sms": {"soft": None, "hard": "1"},
    }
    assert f"{plan}\n  Small\n  event: soft 80, hard 100" in run("plans", "ls")
    run("plans", "show", "nobody", code=1)
    run("plans", "set", plan, "--limit", "event", code=2)
    for amount in ("x", "1_000", "\uff11\uff10", "1e-999999999"):
        run("plans", "set", plan, "--limit", f"event={amount}", code=2)
    run("plans", "assign", domain, code=2)
    assert "no plan, and no limit" in run("usage", "limits", "--store", domain)
    run("plans", "assign", domain, plan, "--limit", "sms=:9")
    use_of = json.loads(run("usage", "limits", "--store", domain, "--json"))
    assert {limit["meter"]: limit["hard"] for limit in use_of["limits"]} == {
        "event": "100", "order": None, "sms": "9",
    }  # fmt: skip
    with shop.world.connect() as connection:
        use(connection, store, "event", 100)  # type: ignore[arg-type] # the same as text
    assert "hard" in run("usage", "limits", "--store", domain, code=1)
    run("plans", "rm", plan, code=1)
    run("plans", "assign", domain, "--none")
    run("plans", "rm", plan)
    run("plans", "meters", "set", "seats", "--as", "max", "--unit", "people")
    assert "seats" in run("plans", "meters", "ls")
    run("plans", "meters", "set", "event", "--as", "max", code=1)


@pytest.fixture
def reader(module_world: World) -> TableReader:
    return TableReader(module_world.settings_of("gateway").dsn)


def levels(reader: TableReader, store: Any) -> dict[str, tuple[str, str]]:
    """Meter -> level and figure of the limits that count now."""
    now = datetime.now(UTC).timestamp()
    return {
        limit.meter: (limit.level, f"{limit.used.normalize():f}")
        for limit in reader.stores.limits.of_store.get(str(store), ())
        if limit.counts_at(now)
    }


def test_the_gateways_table_follows_figures_plans_and_meters(
    module_world: World, reader: TableReader
) -> None:
    with module_world.connect() as connection, module_world.connect() as late:
        store, unlimited = new_store(connection), new_store(connection)
        plan = give_plan(connection, store, limits_of(event=10, seats=5) | limits_of(order=0))
        use(connection, unlimited, "event", 1_000)
        reader.read(connection)
        assert levels(reader, store) == {"order": ("hard", "0")}
        assert str(unlimited) not in reader.stores.limits.of_store
        late.execute("BEGIN")
        use(late, store, "event", 10)
        reader.read(connection)
        reader.read(connection)
        late.execute("COMMIT")
        reader.read(connection)
        assert levels(reader, store)["event"] == ("hard", "10")
        use(connection, store, "seats", 3)
        use(connection, store, "seats", 3)
        reader.read(connection)
        assert levels(reader, store)["seats"] == ("hard", "6")
        set_meter(connection, CLI, MeterRow("seats", "max"))
        reader.read(connection)
        assert "seats" not in levels(reader, store)
        for aggregation, figure in (("count", "2"), ("last", "3")):
            set_meter(connection, CLI, MeterRow("seats", aggregation))  # type: ignore[arg-type] # they are
            set_plan(connection, CLI, plan, limits_of(seats=2), datetime.now(UTC))
            reader.read(connection)
            assert levels(reader, store) == {"seats": ("hard", figure)}
            found = reader.stores.limits.of_store[str(store)]
            assert {limit.aggregation for limit in found} == {aggregation}
        assign_plan(connection, CLI, store, None, datetime.now(UTC))
        reader.read(connection)
        assert str(store) not in reader.stores.limits.of_store
        again = TableReader(module_world.settings_of("gateway").dsn)
        again.read(connection)
        assert again.stores.limits.of_store == reader.stores.limits.of_store


def test_what_is_not_yet_billed_counts_already(module_world: World, reader: TableReader) -> None:
    with module_world.connect() as connection:
        store = new_store(connection)
        give_plan(connection, store, limits_of(event=10, storage_bytes=500, order=2, api_call=3))
        use(connection, store, "event", 4)
        connection.execute(
            "INSERT INTO ledger_counts (stream, store_id, hour, unmetered_events, unmetered_bytes)"
            " VALUES ('activity', %s, now(), 5, 500)",
            (store,),
        )
        reader.read(connection)
        assert levels(reader, store) == {"storage_bytes": ("hard", "500")}
        connection.execute("INSERT INTO unmetered_orders VALUES (%s, 0, 2)", (store,))
        for meter, quantity in (("event", 1), ("api_call", 3)):
            connection.execute(
                "INSERT INTO usage_outbox (store_id, meter, quantity, occurred_at)"
                " VALUES (%s, %s, %s, now())",
                (store, meter, quantity),
            )
        reader.read(connection)
        assert levels(reader, store) == {
            "event": ("hard", "10"), "storage_bytes": ("hard", "500"), "order": ("hard", "2"),
            "api_call": ("hard", "3"),
        }  # fmt: skip


def test_late_events_count_where_they_are_billed(module_world: World, reader: TableReader) -> None:
    with module_world.connect() as connection:
        store, month = new_store(connection), datetime.now(UTC).date().replace(day=1)
        meters = {"sms": "sum", "calls": "count", "seats": "max", "disk": "last"}
        for meter, aggregation in meters.items():
            use(connection, store, meter, 3)
            if aggregation != "sum":
                row = MeterRow(meter, aggregation)  # type: ignore[arg-type] # they are
                set_meter(connection, CLI, row)
        give_plan(connection, store, limits_of(sms=10, calls=3, seats=5, disk=5))
        reader.read(connection)
        assert levels(reader, store) == {}
        # The slice that adds them changes the closed month's figures, too.
        use(connection, store, "sms", 7, at=datetime(month.year - 1, 1, 2, tzinfo=UTC))
        connection.execute(
            "INSERT INTO usage_late SELECT %s, %s, unnest(%s::text[]), 2, 7",
            (store, month, list(meters)),
        )
        reader.read(connection)
        assert levels(reader, store) == {"sms": ("hard", "10"), "calls": ("hard", "3")}
        told = {limit.meter: f"{limit.used:f}" for limit in use_of_store(connection, store).limits}
        assert told == {"sms": "10", "calls": "3", "seats": "3", "disk": "3"}
        for meter in meters:
            connection.execute("DELETE FROM meters WHERE meter = %s", (meter,))


def test_periods_are_those_of_the_stores_zone(module_world: World, reader: TableReader) -> None:
    with module_world.connect() as connection:
        store, now = new_store(connection), datetime.now(UTC)
        give_plan(connection, store, {"event": PlanLimit(None, Decimal(0))})
        reader.read(connection)
        zones = calendar_of_zone("UTC")

        def bounds() -> set[tuple[float, float]]:
            limits = reader.stores.limits.of_store[str(store)]
            return {(limit.starts_at, limit.ends_at) for limit in limits}

        def expected() -> set[tuple[float, float]]:
            month = month_in(zones, now)
            periods: list[date] = [month, next_period_of(month)]
            return {
                (start.timestamp(), end.timestamp())
                for start, end in (bounds_of(zones, period) for period in periods)
            }

        assert bounds() == expected()
        change_store(connection, CLI, store, {"settings": {"time_zone": "Asia/Tokyo"}}, now)
        connection.execute(
            "UPDATE store_time_zones SET from_day = '1970-01-01' WHERE store_id = %s", (store,)
        )
        connection.execute("UPDATE stores SET updated_at = now() WHERE store_id = %s", (store,))
        reader.read(connection)
        zones = calendar_of_zone("Asia/Tokyo")
        assert bounds() == expected()


def test_a_plan_that_begins_is_noticed_without_a_change(
    module_world: World, reader: TableReader
) -> None:
    with module_world.connect() as connection:
        store = new_store(connection)
        reader.read(connection)
        give_plan(connection, store, limits_of(event=0))
        connection.execute(
            "UPDATE store_plans SET from_at = clock_timestamp() + interval '400 ms'"
            " WHERE store_id = %s",
            (store,),
        )
        reader.read(connection)
        assert levels(reader, store) == {}
        with module_world.connect() as other:  # nothing that the row says changes
            other.execute("SELECT pg_sleep(0.5)")
        reader._since = str(10**12)
        reader.read(connection)
        assert levels(reader, store) == {"event": ("hard", "0")}
