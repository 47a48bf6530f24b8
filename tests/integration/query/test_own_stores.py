"""`/api/me`: the stores among which the holder of a key may choose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads

from storepulse.access import keys, store_changes
from storepulse.access.rules.administration import CLI
from storepulse.query.console import own_stores

NIL = "00000000-0000-0000-0000-000000000000"


def declare(reads: Reads, name: str, **settings: Any) -> UUID:
    with reads.world.connect() as connection:
        domain = f"{name.lower()}-{uuid4().hex[:8]}.example"
        row = store_changes.create_store(
            connection, CLI, datetime.now(UTC), domain=domain, name=name, settings=settings
        )
    return row.store_id


def count_events(reads: Reads, store: object, stream: str = "activity", applied: int = 1) -> None:
    dead = 0 if applied else 1
    reads.insert(
        "ledger_counts",
        {"stream": stream, "store_id": store, "hour": "2026-03-01", "accepted": applied + dead,
         "applied": applied, "dead": dead},
    )  # fmt: skip


def me_of(reads: Reads, store: UUID | None = None) -> Any:
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"], store_id=store)
    answer = httpx.get(f"{reads.url}/api/me", headers={"x-api-key": key})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def by_id(me: Any) -> dict[str, Any]:
    return {one["store_id"]: one for one in me["stores"]}


def test_declared_stores_have_their_names_zones_and_currencies(reads: Reads) -> None:
    tokyo = declare(reads, "Tokyo", time_zone="Asia/Tokyo", currency="JPY")
    plain = declare(reads, "Plain")
    me = me_of(reads)
    found = by_id(me)[str(tokyo)]
    assert (found["name"], found["time_zone"], found["currency"]) == ("Tokyo", "Asia/Tokyo", "JPY")
    assert (found["is_declared"], found["is_sample"]) == (True, False)
    found = by_id(me)[str(plain)]
    assert (found["time_zone"], found["currency"]) == ("UTC", None)
    names = [one["name"] for one in me["stores"] if one["is_declared"]]
    assert names == sorted(names, key=str.casefold)
    assert me["session_ends_at"] is None


def test_a_zone_that_is_to_come_does_not_hold_yet(reads: Reads) -> None:
    store = declare(reads, "Soon")
    count_events(reads, store)
    with reads.world.connect() as connection:
        later = datetime.now(UTC) + timedelta(hours=1)
        changes = {"settings": {"time_zone": "Asia/Tokyo"}}
        store_changes.change_store(connection, CLI, store, changes, later)
    assert by_id(me_of(reads))[str(store)]["time_zone"] == "UTC"


def test_a_store_that_nobody_declared_is_known_by_its_events(reads: Reads) -> None:
    seen, dead = uuid4(), uuid4()
    count_events(reads, seen, "cart")
    count_events(reads, seen, "usage")
    count_events(reads, dead, applied=0)
    count_events(reads, NIL, applied=0)
    found = by_id(me_of(reads))
    assert found[str(seen)]["is_declared"] is False
    assert found[str(seen)]["name"] == str(seen)[:8]
    assert not {str(dead), NIL} & set(found)


def test_a_key_of_a_store_is_told_of_that_store_alone(reads: Reads) -> None:
    store, other = declare(reads, "Mine"), uuid4()
    count_events(reads, other)
    me = me_of(reads, store)
    assert [one["store_id"] for one in me["stores"]] == [str(store)]
    assert me["stores"][0]["name"] == "Mine"
    assert [one["store_id"] for one in me_of(reads, other)["stores"]] == [str(other)]


def test_the_demos_stores_are_samples(reads: Reads) -> None:
    with reads.world.connect() as connection:
        now = datetime.now(UTC)
        for domain in ("demo-zinnia.myshopify.com", "aster-and-loom.example", "demo-real.example"):
            store_changes.create_store(connection, CLI, now, domain=domain)
    samples = {one["domain"]: one["is_sample"] for one in me_of(reads)["stores"]}
    assert samples["demo-zinnia.myshopify.com"]
    assert samples["aster-and-loom.example"]
    assert samples["demo-real.example"] is False


def test_of_very_many_it_says_that_there_are_more(
    reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_stores, "MOST_STORES", 1)
    declare(reads, "One")
    newest = declare(reads, "Two")
    with reads.world.connect() as connection:
        found = own_stores.list_readable(connection, None, datetime.now(UTC))
    assert len(found) == 2
    assert newest in {one.store_id for one in found}
