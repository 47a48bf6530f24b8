"""Customers with their orders: alike in any order of arrival, and never changed in silence."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid5

import psycopg
import pytest
from tests.integration.agents import test_customers as of_customers
from tests.integration.agents import test_orders as of_orders
from tests.integration.agents.side_by_side import (
    Event,
    differences,
    slices_of,
    workers,
    write_at_once,
    written,
)
from tests.integration.agents.slices import Bench
from tests.integration.agents.test_customers import Export, silent_changes
from tests.support.ingest_records import NOW_MS
from tests.support.servers import administrator

from storepulse.domain.emails import email_hash
from storepulse.exactness.model.customers import customer_tables
from storepulse.exactness.model.orders import order_tables

HOUR = 3_600_000
EMAIL = email_hash("jane@example.com")


def any_event(random: Random, number: int) -> Event:
    """Of a few people and a few orders with several numbers each, told by anyone."""
    shops, others = of_orders.any_word_of_the_shop, of_orders.any_purchase
    make = random.choice((of_customers.any_event, any_campaign, others, shops, shops))
    event = make(random, number)
    if event["stream"] == "landing":
        event.setdefault("landing_page_id", "lp_1")
    if event.get("email_hash") and event["stream"] != "cart":
        # The same addresses as carts have.
        event["email_hash"] = random.choice((EMAIL, email_hash("bo@example.com")))
    return event


def any_campaign(random: Random, number: int) -> Event:
    maybe = lambda *values: random.choice((None, *values))  # noqa: E731
    kind = random.choice(("WEBAPP_OPEN", "ORDER_CREATED", "ORDER_PAID"))
    return {
        "stream": "campaign", "event_id": str(uuid5(of_customers._STORES, f"campaign {number}")),
        "session_id": None, "visitor_id": maybe("v-1", "v-2"), "event_type": kind,
        "event_name": kind, "campaign_id": random.choice(("c", "fall")),
        "tracking_id": random.choice(("t-1", "t-2")), "telegram_id": maybe("279058397"),
        "order_id": maybe("#1001", "450", "1001"), "value": maybe("7.5", "49.9"),
        "currency": maybe("EUR"), "customer_id": maybe("c-1"), "email_hash": maybe(EMAIL),
        "items": None, "source": "server", "is_bot": random.random() < 0.1,
        "occurred_at": NOW_MS - random.randrange(30) * HOUR,
    }  # fmt: skip


def shop(number: int, kind: str, order: str, **fields: Any) -> Event:
    """What the shop says of an order."""
    said = {"event_type": kind, "order_id": order, "source": "server", "currency": "EUR"} | fields
    return of_orders.purchase("order", number, **said)


def bought(bench: Bench, store: str) -> dict[tuple[str, str], dict[str, tuple[int, str]]]:
    """What the export says of each customer who bought: orders and money by currency."""
    return {
        (row["kind"], row["value"]): {
            one["currency"]: (one["orders"], one["total_spent"]) for one in row["spent"]
        }
        for row in Export(bench, store, 0).now().values()
        if row["spent"]
    }


def bought_by_model(events: list[Event]) -> dict[tuple[str, str], dict[str, tuple[int, str]]]:
    found: dict[tuple[str, str], dict[str, tuple[int, str]]] = defaultdict(dict)
    for (_, kind, value, currency), row in customer_tables(events)["customer_orders"].items():
        found[kind, value][currency] = (row[0], f"{row[1]:.4f}")
    return found


def faults(bench: Bench, events: list[Event], store: str) -> list[str]:
    """What differs from the model, in tables and in the export."""
    at_store = [{**event, "store_id": store} for event in events]
    found = differences(bench, at_store, order_tables, customer_tables)
    exported, wanted = bought(bench, store), bought_by_model(at_store)
    if exported != wanted:
        found.append(f"export: {exported} instead of {wanted}")
    return found


@pytest.mark.parametrize("turns", [2, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.timeout(600)
def test_any_order_of_arrival_ends_alike_with_two_workers_at_once(bench: Bench, turns: int) -> None:
    for turn in range(turns):
        seed = Random().randrange(2**32)
        print("seed", seed)
        bench.begin()
        random, store = Random(seed), str(uuid5(of_orders._STORES, f"linked {turn}"))
        events = [any_event(random, number) for number in range(40)]
        with workers(bench, 2) as crew:
            write_at_once(crew, [slices_of(random, events, store) for _ in crew])
        assert faults(bench, events, store) == [], f"seed {seed}"


def test_whatever_changes_an_order_moves_the_time_of_its_customer(bench: Bench) -> None:
    seed = Random().randrange(2**32)
    print("seed", seed)
    random, store = Random(seed), str(uuid5(of_orders._STORES, "moved"))
    export, before = Export(bench, store, 0), {}
    with workers(bench, 1) as (worker,):
        for number in range(40):
            event = any_event(random, number)
            worker.write(event["stream"], [written(event, store)])
            after = export.now()
            assert silent_changes(before, after) == [], f"seed {seed}, {number}: {event}"
            before = after
    assert any(row["orders_count"] for row in before.values())


@pytest.mark.parametrize("kind", ["tracking_id", "telegram_id", "email_hash"])
def test_who_gets_another_owner_is_told_of_with_all_that_is_below(bench: Bench, kind: str) -> None:
    store = str(uuid5(of_orders._STORES, f"passed on {kind}"))
    own = {"tracking_id": "t-1", "telegram_id": "279058397", "email_hash": EMAIL}
    nobody = dict.fromkeys(("visitor_id", "telegram_id", "email_hash", "customer_id", "order_id"))
    named = {kind: own[kind]}
    steps = [
        {"tracking_id": "t-1"}, {"tracking_id": "t-1"} | named, named | {"customer_id": "7"},
        named | {"customer_id": "8"},
    ]  # fmt: skip
    export, before = Export(bench, store, 0), {}
    with workers(bench, 1) as (worker,):
        for number, names in enumerate(steps):
            event = any_campaign(Random(0), number) | nobody | {
                "event_type": "WEBAPP_OPEN", "event_name": "WEBAPP_OPEN", "is_bot": False,
                "tracking_id": "undefined", "occurred_at": NOW_MS + number,
            } | names  # fmt: skip
            worker.write("campaign", [written(event, store)])
            after = export.now()
            assert silent_changes(before, after) == [], names
            before = after
    (last,) = (row["id"] for row in before.values() if row["value"] == "8")
    below = {row["value"] for row in before.values() if row["merged_into"] == last}
    assert below == {"t-1", own[kind]}


_OTHER = email_hash("bo@example.com")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("kind", "earlier", "later", "owner"),
    [
        ("visitor", {"customer_id": "7"}, {"customer_id": "8"}, "8"),
        ("visitor", {"customer_id": "7"}, {"tracking_id": "t-1"}, "7"),
        ("order", {"email_hash": EMAIL}, {"email_hash": _OTHER}, _OTHER),
        ("order", {"email_hash": EMAIL, "source": "server"}, {"email_hash": _OTHER}, EMAIL),
        ("order", {"customer_id": "7"}, {"email_hash": EMAIL, "source": "server"}, "7"),
    ],
    ids=["the latest", "a person before a click", "of orders too", "trust", "the strongest kind"],
)
def test_of_two_links_the_one_that_counts(
    bench: Bench, kind: str, earlier: Event, later: Event, owner: str, turned: bool
) -> None:
    store = str(uuid5(of_orders._STORES, f"counts {kind} {owner} {turned}"))
    nobody = dict.fromkeys(("visitor_id", "telegram_id", "email_hash", "customer_id", "order_id"))
    own = {"visitor": {"visitor_id": "v-1"}, "order": {"order_id": "450"}}[kind]
    told = [
        any_campaign(Random(0), number) | nobody | {
            "event_type": "ORDER_PAID", "event_name": "ORDER_PAID", "is_bot": False,
            "tracking_id": "undefined", "source": "tracker", "occurred_at": NOW_MS + number,
        } | own | named
        for number, named in enumerate((earlier, later))
    ]  # fmt: skip
    with workers(bench, 1) as (worker,):
        for event in told[::-1] if turned else told:
            worker.write("campaign", [written(event, store)])
    asked = "SELECT to_value FROM identities WHERE kind = %s::identity_kind"
    assert bench.rows(asked, kind) == [(owner,)]


@pytest.mark.parametrize("robot", [False, True])
@pytest.mark.parametrize(
    ("word", "orders_of", "spent"),
    [
        ({"kind": "refunded", "refund_id": "r", "refund_value": Decimal(10)}, (1, 0), "40.0000"),
        ({"kind": "cancelled"}, (0, 0), "0"),
        ({"kind": "paid", "order_name": "#1002"}, (1, 0), "50.0000"),
    ],
    ids=["refund", "cancellation", "another name"],
)
def test_a_later_walk_brings_whose_order_the_shop_changed(
    bench: Bench, word: dict[str, Any], orders_of: tuple[int, int], spent: str, robot: bool
) -> None:
    """Customer 7 bought 450, which is #1001; an address bought #1002, as far as a browser knows."""
    store = str(uuid5(of_orders._STORES, f"walked {word['kind']} {robot}"))
    told = [
        of_orders.purchase("activity", 1, order_id="#1002", email_hash=EMAIL, value="5"),
        shop(2, "paid", "450", order_name="#1001", customer_id="7", value="50"),
        # The last row of a walk comes again with the next one, changed or not.
        of_customers.told("activity", 4, customer_id="99"),
    ]
    last = shop(3, order="450", is_bot=robot, **word)
    if word["kind"] == "refunded":
        last["order_id"] = "1001"
    export = Export(bench, store, 0)
    with workers(bench, 1) as (worker,):
        for event in told:
            worker.write(event["stream"], [written(event, store)])
        export.walk()
        before = {row["value"]: row["orders_count"] for row in export.copy.values()}
        assert before == {"7": 1, EMAIL: 1, "99": 0}
        worker.write("order", [written(last, store)])
        export.walk()
    assert export.copy == export.now()
    after = {row["value"]: row for row in export.copy.values()}
    kept = 0 if "order_name" in word else 1
    assert (after["7"]["orders_count"], after[EMAIL]["orders_count"]) == (orders_of[0], kept)
    assert after["7"]["spent"] == (
        [{"currency": "EUR", "orders": 1, "total_spent": spent}] if orders_of[0] else []
    )
    assert faults(bench, [*told, last], store) == []


@pytest.mark.parametrize("crew", [5, pytest.param(12, marks=pytest.mark.long)])
@pytest.mark.timeout(300)
def test_workers_on_few_customers_and_orders_never_deadlock(bench: Bench, crew: int) -> None:
    seed = Random().randrange(2**32)
    print("seed", seed)
    store = str(uuid5(of_orders._STORES, f"crowded {crew}"))
    events = [any_event(Random(seed + number), number) for number in range(16 * crew)]
    before = deadlocks(bench)
    with workers(bench, crew) as all_of_them:
        shares = [slices_of(Random(seed + n), events[n::2], store) for n in range(crew)]
        write_at_once(all_of_them, shares)
    assert deadlocks(bench) == before
    assert faults(bench, events, store) == [], f"seed {seed}"


def deadlocks(bench: Bench) -> int:
    (row,) = bench.rows(
        "SELECT pg_stat_get_db_deadlocks(oid) FROM pg_database WHERE datname = current_database()"
    )
    return int(row[0])


def test_a_slice_that_postgresql_ends_for_a_deadlock_is_written_again(bench: Bench) -> None:
    """Somebody takes the locks in the other order: first the customer's, then the order's."""
    store = str(uuid5(of_orders._STORES, "deadlock"))
    first = shop(1, "paid", "450", customer_id="7", value="50")
    refund = shop(2, "refunded", "450", customer_id="7", refunded=Decimal(10))
    with (
        workers(bench, 1) as (worker,),
        administrator_of(bench) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        worker.write("order", [written(first, store)])
        before = deadlocks(bench)
        with other.transaction():
            # The slice's transaction looks for deadlocks first, and so is the one that is ended.
            other.execute("SET LOCAL deadlock_timeout = '30s'")
            other.execute("SELECT FROM identities WHERE value = '7' FOR UPDATE")
            writing = pool.submit(worker.write, "order", [written(refund, store)])
            wait_for_waiting(bench, other)
            other.execute("SELECT FROM order_tellings WHERE number = '450' FOR UPDATE")
            assert not writing.done()
        writing.result(30)
    assert deadlocks(bench) == before + 1
    assert faults(bench, [first, refund], store) == []


def administrator_of(bench: Bench) -> psycopg.Connection[Any]:
    """Of this world's database: its owner may not set how long deadlocks are waited for."""
    with administrator() as admin:
        return psycopg.connect(
            admin.info.dsn, password=admin.info.password, autocommit=True,
            dbname=bench.world.settings.dsn.rsplit("/", 1)[1],
        )  # fmt: skip


def wait_for_waiting(bench: Bench, holder: psycopg.Connection[Any]) -> None:
    """Until another session waits for a lock of this one."""
    pause = threading.Event()
    for _ in range(500):
        if bench.rows(
            "SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
            holder.info.backend_pid,
        ):
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")
