"""The export of customers: figures, pages, what is left out as too new, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads

from storepulse.query.customers import HORIZON_SECONDS
from storepulse.slices.writer import connect

MORNING, NOON, NIGHT = (f"2026-03-01 {hour}:00Z" for hour in ("06", "12", "22"))
#: Links: identity -> whom it belongs to, with the word's time.
_LINKS = {
    ("email", "aa"): ("customer", "7", "1:2"),
    ("email", "bb"): ("customer", "7", "1:1"),
    ("visitor", "v-1"): ("email", "aa", "1:3"),
    ("telegram", "555"): ("email", "bb", "1:1"),
    ("tracking", "t-1"): ("telegram", "555", "1:1"),
    ("order", "1"): ("customer", "7", "5"),
    ("order", "2"): ("visitor", "v-1", "1"),
    ("order", "3"): ("tracking", "t-1", "2"),
    ("order", "4"): ("email", "cc", "4"),
    ("order", "5"): ("email", "aa", "4"),
    ("order", "6"): ("email", "aa", "4"),
    ("order", "7"): ("email", "aa", "4"),
}
_SAID: dict[tuple[str, str], dict[str, Any]] = {
    ("customer", "7"): {"first_seen": NOON, "last_seen": NOON},
    ("email", "aa"): {
        "first_seen": MORNING, "last_seen": MORNING, "email": "jane@example.com",
        "first_name": "Jane", "name_word": "1",
    },
    ("telegram", "555"): {
        "first_seen": NIGHT, "last_seen": NIGHT, "campaign_id": "fall", "tracking_id": "t-1",
        "campaign_word": "1", "first_name": "J", "last_name": "D", "name_word": "0",
    },
    ("email", "cc"): {"first_seen": NOON, "last_seen": NIGHT},
}  # fmt: skip


def add_customers(reads: Reads, store: str) -> None:
    """Customer 7, to whom all but the address cc belongs."""
    of_store = {"store_id": store}
    reads.insert(
        "identities",
        *(
            {**of_store, "kind": kind, "value": value, **_SAID.get((kind, value), {})}
            | dict(
                zip(
                    ("to_kind", "to_value", "link_word"),
                    _LINKS.get((kind, value), ()),
                    strict=False,
                )
            )
            for kind, value in dict.fromkeys((*_LINKS, *_SAID))
        ),
    )
    reads.insert(
        "identity_links",
        {**of_store, "kind": "email", "value": "bb", "to_kind": "customer", "to_value": "7",
         "word": "1:1", "told_at": NOON},
        {**of_store, "kind": "visitor", "value": "v-1", "to_kind": "email", "to_value": "cc",
         "word": "1:0", "told_at": MORNING},
        {**of_store, "kind": "email", "value": "bb", "to_kind": "customer", "to_value": "8",
         "word": "1:0", "told_at": NIGHT},
        # Overruled by a link to the address, which is the same customer's.
        {**of_store, "kind": "visitor", "value": "v-1", "to_kind": "customer", "to_value": "7",
         "word": "1:0", "told_at": NIGHT},
    )  # fmt: skip
    for number, (kind, value) in enumerate((("customer", "7"), ("email", "aa"), ("email", "cc"))):
        add_customer(reads, store, kind, value, f"2026-03-02 00:00:0{number}Z")
    reads.insert(
        "orders",
        *(
            {**of_store, "order_id": order, "counted_at": NOON, "day": "2026-03-01",
             "first_word": "w", "status": status, "amount": amount, "currency": currency,
             "refunded": refunded, "is_bot": is_bot}
            for order, status, amount, currency, refunded, is_bot in (
                ("1", "paid", "10.00", "EUR", 0, False), ("2", "refunded", "20", "EUR", 5, False),
                ("3", "paid", "7.50", "USD", 0, False), ("4", "paid", "99.00", "EUR", 0, False),
                ("5", "cancelled", "1.00", "EUR", 0, False), ("6", "created", "1", "EUR", 0, False),
                ("7", "paid", "1.00", "EUR", 0, True),
            )
        ),
    )  # fmt: skip
    tell_orders(reads, store, *(str(number) for number in range(1, 8)))
    reads.insert("customer_counts", {**of_store, "shard": 1, "customers": 2},
                 {**of_store, "shard": 2, "customers": 1})  # fmt: skip


def tell_orders(reads: Reads, store: str, *orders: str) -> None:
    """The numbers of orders that have no other names."""
    rows = ({"store_id": store, "number": order, "order_id": order} for order in orders)
    reads.insert("order_tellings", *rows)


def add_customer(reads: Reads, store: str, kind: str, value: str, updated_at: str) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO customers SELECT %s, customer_key(%s, %s, %s), %s, %s, %s",
            [store, store, kind, value, kind, value, updated_at],
        )


def test_a_customer_has_what_belongs_to_it(reads: Reads, store: str) -> None:
    add_customers(reads, store)
    seven, merged, other = reads.read("/customers", store_id=store)["data"]
    assert seven == {
        "id": seven["id"], "customer_id": 7, "email": "jane@example.com", "email_hash": "aa",
        "first_name": "Jane", "last_name": None, "telegram_id": "555", "campaign_id": "fall",
        "tracking_id": "t-1", "orders_count": 3, "total_spent": "25.0000", "currency": "EUR",
        "spent": [
            {"currency": "EUR", "orders": 2, "total_spent": "25.0000"},
            {"currency": "USD", "orders": 1, "total_spent": "7.5000"},
        ],
        "first_seen": "2026-03-01T06:00:00.000Z", "last_seen": "2026-03-01T22:00:00.000Z",
        "updated_at": "2026-03-02T00:00:00.000Z", "merged_into": None,
    }  # fmt: skip
    assert (merged["merged_into"], merged["customer_id"]) == (seven["id"], 0)
    assert (merged["orders_count"], merged["total_spent"], merged["spent"]) == (0, "0.0000", [])
    assert (other["email_hash"], other["email"], other["merged_into"]) == ("cc", None, None)
    assert (other["customer_id"], other["orders_count"], other["total_spent"]) == (0, 1, "99.0000")


def test_one_customer_with_its_identities_and_conflicts(reads: Reads, store: str) -> None:
    add_customers(reads, store)
    seven = reads.read("/customers", store_id=store)["data"][0]
    found = reads.read(f"/customers/{seven['id']}", store_id=store)["data"]
    assert found.items() >= seven.items()
    assert [(one["kind"], one["value"], one["to_value"]) for one in found["identities"]] == [
        ("customer", "7", None), ("email", "aa", "7"), ("email", "bb", "7"),
        ("telegram", "555", "bb"), ("tracking", "t-1", "555"), ("visitor", "v-1", "aa"),
    ]  # fmt: skip
    assert found["conflicts"] == [
        {"kind": "email", "value": "bb", "to_kind": "customer", "to_value": "8",
         "told_at": "2026-03-01T22:00:00.000Z"},
        {"kind": "visitor", "value": "v-1", "to_kind": "email", "to_value": "cc",
         "told_at": "2026-03-01T06:00:00.000Z"},
    ]  # fmt: skip
    assert reads.get(f"/customers/{uuid4()}", store_id=store).status_code == 404
    assert reads.get(f"/customers/{seven['id']}", store_id=str(uuid4())).status_code == 404


def test_pages_by_cursor_and_by_number(reads: Reads, store: str) -> None:
    for number in range(7):
        # Some of one moment: their ids tell them apart.
        add_customer(reads, store, "customer", str(number + 1), f"2026-03-02 00:00:0{number // 3}Z")
    rows = reads.read("/customers", store_id=store)["data"]
    assert rows == sorted(rows, key=lambda row: (row["updated_at"], row["id"]))
    assert len(rows) == 7
    walked, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = reads.read("/customers", store_id=store, limit=2, **more)
        walked += page["data"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert walked == rows
    assert reads.read("/customers", store_id=store, limit=3, page=2)["data"] == rows[3:6]
    since = rows[3]["updated_at"]
    assert reads.read("/customers", store_id=store, updated_at_min=since)["data"] == rows[3:]
    assert reads.read("/customers", store_id=store, updated_at_max=since)["data"] == rows[:3]


def test_what_changed_a_moment_ago_comes_later(reads: Reads, store: str) -> None:
    with reads.world.connect() as connection:
        for seconds in (HORIZON_SECONDS - 5, HORIZON_SECONDS + 1):
            connection.execute(
                "INSERT INTO customers SELECT %s, gen_random_uuid(), 'customer', '1',"
                " now() - make_interval(secs => %s)",
                [store, seconds],
            )
    assert len(reads.read("/customers", store_id=store)["data"]) == 1
    meta = reads.read("/customers/meta", store_id=store)
    assert (
        meta["last_updated_at"] == reads.read("/customers", store_id=store)["data"][0]["updated_at"]
    )


def test_no_transaction_of_an_agent_outlasts_what_an_export_leaves_out(reads: Reads) -> None:
    with connect(reads.world.settings_of("agents"), "trial") as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM current_setting('transaction_timeout')::interval)"
        ).fetchone()
    assert row is not None
    assert 0 < row[0] <= HORIZON_SECONDS - 5


def test_meta_counts_all_or_those_that_changed(reads: Reads, store: str) -> None:
    add_customers(reads, store)
    meta = reads.read("/customers/meta", store_id=store, limit=2)
    assert meta == {
        "status": "success", "total": 3, "more": False, "pages": 2,
        "last_updated_at": "2026-03-02T00:00:02.000Z",
    }  # fmt: skip
    since = reads.read("/customers/meta", store_id=store, updated_at_min="2026-03-02T00:00:01Z")
    assert (since["total"], since["pages"], since["more"]) == (2, 1, False)
    empty = reads.read("/customers/meta", store_id=str(uuid4()))
    assert (empty["total"], empty["pages"], empty["last_updated_at"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("store_id", {}),
        ("page", {"page": 1, "cursor": "WyJhIl0"}),
        ("page", {"page": 102}),
        ("page", {"page": 0}),
        ("page", {"page": 10**30}),
        ("limit", {"limit": 501}),
        ("cursor", {"cursor": "WyJhIl0"}),
        ("updated_at_min", {"updated_at_min": "yesterday"}),
        ("updated_at_max", {"updated_at_min": "2026-01-02", "updated_at_max": "2026-01-01"}),
        ("updated_at", {"updated_at": "2026-01-02"}),
    ],
)
def test_what_cannot_be_asked_is_named(
    reads: Reads, store: str, field: str, asked: dict[str, Any]
) -> None:
    sent = asked if field == "store_id" else {"store_id": store} | asked
    answer = reads.get("/customers", **sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"]["field"] == field


def test_money_stays_exact(reads: Reads, store: str) -> None:
    add_customers(reads, store)
    reads.insert(
        "orders",
        {"store_id": store, "order_id": "8", "counted_at": NOON, "day": "2026-03-01",
         "first_word": "w", "status": "paid", "amount": Decimal("99999999999999.9999"),
         "currency": "EUR", "refunded": 0, "is_bot": False},
    )  # fmt: skip
    tell_orders(reads, store, "8")
    reads.insert(
        "identities",
        {"store_id": store, "kind": "order", "value": "8", "to_kind": "email", "to_value": "cc",
         "link_word": "4"},
    )  # fmt: skip
    other = reads.read("/customers", store_id=store)["data"][2]
    assert (other["orders_count"], other["total_spent"]) == (2, "100000000000098.9999")
