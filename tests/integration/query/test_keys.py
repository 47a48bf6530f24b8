"""Reads that want a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.local.ports import free_port
from storepulse.query.lookup_memory import FRESH_SECONDS


@pytest.fixture(scope="module")
def guarded(reads: Reads, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a query service that wants keys, on the same database."""
    settings = reads.world.settings.model_copy(
        update={
            "query_require_key": True,
            "query_port": free_port(),
            "home": tmp_path_factory.mktemp("guarded"),
        }
    )
    with running("query", settings) as service:
        yield service.url


def new_key(
    reads: Reads, *scopes: str, kind: str = "secret", store: UUID | None = None
) -> tuple[str, UUID]:
    key = keys.new_key(kind)
    with reads.world.connect() as connection:
        key_id = keys.store_key(connection, key, kind=kind, scopes=list(scopes), store_id=store)
    return key, key_id


def read(url: str, store: object, **headers: Any) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(f"{url}/api/customer-activity?store_id={store}", headers=sent)


def test_a_key_is_taken_from_each_place(reads: Reads, guarded: str) -> None:
    key, _ = new_key(reads, "read")
    assert read(guarded, uuid4(), authorization=f"Bearer {key}").status_code == 200
    assert read(guarded, uuid4(), x_api_key=key).status_code == 200
    assert httpx.get(guarded + "/subjects", auth=("any", key)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "KEY_REQUIRED"),
        ({"authorization": "Bearer"}, "KEY_REQUIRED"),
        ({"authorization": "Basic %%%"}, "KEY_REQUIRED"),
        ({"authorization": "Bearer ssk_unknown"}, "KEY_INVALID"),
        ({"authorization": "Bearer nonsense"}, "KEY_INVALID"),
        ({"x_api_key": b"ssk_" + b"\xe4" * 40}, "KEY_INVALID"),
    ],
)
def test_no_key_or_a_wrong_one_is_401(guarded: str, headers: dict[str, Any], code: str) -> None:
    answer = read(guarded, uuid4(), **headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_403(reads: Reads, guarded: str) -> None:
    for key, _ in (new_key(reads, "ingest"), new_key(reads, "read", kind="publishable")):
        answer = read(guarded, uuid4(), x_api_key=key)
        assert answer.status_code == 403
        assert answer.json()["code"] == "FORBIDDEN"


def test_a_key_of_a_store_reads_that_store_alone(reads: Reads, guarded: str) -> None:
    mine = uuid4()
    key, _ = new_key(reads, "read", store=mine)
    assert read(guarded, mine, x_api_key=key).status_code == 200
    assert read(guarded, uuid4(), x_api_key=key).status_code == 403
    cart = {
        "id": "c", "event_id": str(uuid4()), "store_id": str(uuid4()), "store_name": "x.example",
        "correlation_id": "c", "source": "tracker", "consent_analytics": "unknown",
        "consent_marketing": "unknown", "is_bot": False, "occurred_at": "2026-03-01",
        "created_at": "2026-03-01",
    }  # fmt: skip
    reads.insert("cart_tracking_events", cart, {**cart, "store_id": str(mine)})
    answer = httpx.get(guarded + "/api/cart-tracking/events", headers={"x-api-key": key})
    assert [row["storeId"] for row in answer.json()["data"]] == [str(mine)]


def test_a_revoked_key_is_refused_within_seconds(reads: Reads, guarded: str) -> None:
    key, key_id = new_key(reads, "read")
    assert read(guarded, uuid4(), x_api_key=key).status_code == 200
    with reads.world.connect() as connection:
        assert keys.revoke(connection, key_id)
    wait_until(
        lambda: read(guarded, uuid4(), x_api_key=key).status_code != 200,
        "a refusal",
        seconds=FRESH_SECONDS + 2,
    )
    assert read(guarded, uuid4(), x_api_key=key).status_code == 401


ONE_STORE = (
    "/api/customer-activity", "/api/analytics/sessions", "/api/analytics/funnel",
    "/api/analytics/products", "/api/analytics/revenue", "/api/analytics/searches",
    "/api/analytics/visitors", "/api/analytics/sources", "/api/analytics/countries",
    "/api/analytics/stats", "/api/analytics/users", "/api/analytics/users/5/events",
    "/api/orders", "/api/orders/reconciliation", "/api/campaigns", "/api/streams/order/events",
    "/customers", "/customers/meta",
)  # fmt: skip


@pytest.mark.parametrize("path", ONE_STORE)
def test_a_key_of_one_store_need_not_name_it(reads: Reads, guarded: str, path: str) -> None:
    of_one, _ = new_key(reads, "read", store=uuid4())
    of_all, _ = new_key(reads, "read")
    assert httpx.get(guarded + path, headers={"x-api-key": of_one}).status_code == 200
    other = f"{guarded}{path}?store_id={uuid4()}"
    assert httpx.get(other, headers={"x-api-key": of_one}).status_code == 403
    unsaid = httpx.get(guarded + path, headers={"x-api-key": of_all})
    assert (unsaid.status_code, unsaid.json()["details"]["field"]) == (400, "store_id")
