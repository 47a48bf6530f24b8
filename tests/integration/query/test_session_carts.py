"""Carts by session as they are listed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.integration.query.conftest import Reads

PATH = "/api/carts/sessions"
TEN, ELEVEN, NOON = "2026-03-01 10:00Z", "2026-03-01 11:00Z", "2026-03-01 12:00Z"
EVENT = str(uuid4())


def cart(store: str, session: str, step_at: str | None = TEN, **fields: Any) -> dict[str, Any]:
    return {
        "store_id": store, "session_id": session, "step_at": step_at,
        "step_word": step_at and f"{step_at}:x:activity", "added_at": step_at,
    } | fields  # fmt: skip


def fill(reads: Reads, store: str) -> None:
    told = {
        "abandoned_at": ELEVEN, "abandoned_type": "cart_abandoned", "abandoned_event_id": EVENT,
        "abandoned_value": Decimal("9.90"), "abandoned_currency": "EUR",
    }  # fmt: skip
    reads.insert(
        "session_carts",
        cart(store, "open", NOON, due_at=ELEVEN),
        cart(store, "again", ELEVEN, due_at=NOON, **told),
        cart(store, "abandoned", **told),
        cart(store, "recovered", purchased_at=NOON, **told),
        cart(store, "purchased", purchased_at=TEN),
        cart(store, "closed"),
        cart(store, "only a purchase", None, purchased_at=NOON),
        cart(str(uuid4()), "of another"),
    )


def states(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["session_id"], one["state"]) for one in found["data"]]


def test_each_cart_has_one_state(reads: Reads, store: str) -> None:
    fill(reads, store)
    found = reads.read(PATH, store_id=store)
    assert states(found) == [
        ("open", "open"), ("again", "open"), ("abandoned", "abandoned"), ("closed", "closed"),
        ("purchased", "purchased"), ("recovered", "recovered"),
    ]  # fmt: skip
    told = found["data"][2]
    assert told["abandoned_at"] == "2026-03-01T11:00:00.000Z"
    assert (told["abandoned_value"], told["abandoned_event_id"]) == ("9.9000", EVENT)
    assert found["next_cursor"] is None


def test_filters_narrow_the_list(reads: Reads, store: str) -> None:
    fill(reads, store)
    for state in ("abandoned", "recovered", "purchased", "closed"):
        assert states(reads.read(PATH, store_id=store, state=state)) == [(state, state)]
    assert states(reads.read(PATH, store_id=store, session_id="again")) == [("again", "open")]
    hour = {"from_": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z"}
    assert states(reads.read(PATH, store_id=store, **hour)) == [("again", "open")]
    assert reads.read(PATH, store_id=str(uuid4()))["data"] == []


def test_pages_miss_and_repeat_nothing(reads: Reads, store: str) -> None:
    fill(reads, store)
    whole = reads.read(PATH, store_id=store)["data"]
    seen, asked = [], {"store_id": store, "limit": 1}
    while True:
        page = reads.read(PATH, **asked)
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert seen == whole


def test_what_is_wrong_is_named(reads: Reads, store: str) -> None:
    for wrong, field in (
        ({"state": "lost"}, "state"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"from_": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"session_id": "a\0"}, "session_id"),
    ):
        answer = reads.get(PATH, store_id=store, **wrong)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert reads.get(PATH).status_code == 400
