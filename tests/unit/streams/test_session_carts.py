"""What a slice tells of carts."""

from __future__ import annotations

import pytest
from tests.support.ingest_records import NOW_MS, event_id
from tests.unit.streams.frames import HOUR, MINUTE, frame, rows

from storepulse.exactness.model.events import moment
from storepulse.streams.activity import rollup as activity
from storepulse.streams.cart import rollup as cart
from storepulse.streams.derived import DERIVED_NAMES
from storepulse.streams.derived_rows import acts_of
from storepulse.streams.landing import rollup as landing
from storepulse.streams.reduction import Reduction
from storepulse.streams.session_carts import SESSION_CARTS

ADD = {"activity_type": "add_to_cart", "received_at": NOW_MS}


def word(number: int, at: int, stream: str = "activity") -> str:
    return f"{at:015d}:{event_id(number)}:{stream}"


def told(*events: dict[str, object]) -> Reduction:
    return activity.reduce(frame("activity", *events), None)


def test_each_column_is_the_greatest_of_the_slice() -> None:
    found = told(
        ADD | {"occurred_at": NOW_MS - 3, "visitor_id": "v-1", "country": "DE"},
        ADD | {"occurred_at": NOW_MS - 1, "country": "FR", "customer_id": "c-1"},
        ADD | {"activity_type": "checkout_start", "occurred_at": NOW_MS - 2, "country": "US"},
        ADD | {"activity_type": "purchase", "occurred_at": NOW_MS - 9},
    )
    names = (
        "session_id", "step_word", "step_at", "step_received_at", "added_at", "checkout_at",
        "purchased_at", "visitor_id", "customer_id", "customer_word", "country",
    )  # fmt: skip
    assert rows(found, SESSION_CARTS, *names) == [
        (
            "s-1", word(1, NOW_MS - 1), moment(NOW_MS - 1), moment(NOW_MS), moment(NOW_MS - 1),
            moment(NOW_MS - 2), moment(NOW_MS - 9), "v-1", "c-1", word(1, NOW_MS - 1), "FR",
        )
    ]  # fmt: skip


def test_a_time_is_at_the_latest_that_of_receipt() -> None:
    found = told(ADD | {"occurred_at": NOW_MS + HOUR})
    assert rows(found, SESSION_CARTS, "step_at") == [(moment(NOW_MS),)]


@pytest.mark.parametrize(
    ("late", "is_step"), [(24 * HOUR, True), (24 * HOUR + 1, False), (-24 * HOUR, True)]
)
def test_what_arrives_a_day_late_is_no_step(late: int, *, is_step: bool) -> None:
    found = told(ADD | {"occurred_at": NOW_MS - late})
    assert (SESSION_CARTS in found.tables) is is_step


@pytest.mark.parametrize("fields", [{"is_bot": True}, {"source": "import"}, {"source": "replay"}])
def test_purchases_of_robots_and_copies_count_and_their_steps_do_not(
    fields: dict[str, object],
) -> None:
    assert SESSION_CARTS not in told(ADD | fields).tables
    bought = told(ADD | fields | {"activity_type": "purchase"})
    assert rows(bought, SESSION_CARTS, "step_at", "purchased_at") == [(None, moment(NOW_MS))]


def test_carts_need_a_session_and_landing_pages_only_tell_of_purchases() -> None:
    found = cart.reduce(frame("cart", {"session_id": None}, {"session_id": "s-2"}), None)
    assert rows(found, SESSION_CARTS, "session_id", "step_word") == [
        ("s-2", word(1, NOW_MS, "cart"))
    ]
    events = ({"event_type": "AddToCart"}, {"event_type": "Purchase", "session_id": "s-3"})
    landed = landing.reduce(frame("landing", *events), None)
    assert rows(landed, SESSION_CARTS, "session_id", "step_word") == [("s-3", None)]
    assert SESSION_CARTS not in landing.reduce(frame("landing", {}), None).tables


def test_a_slice_without_carts_has_no_plan() -> None:
    assert SESSION_CARTS not in told({}, {"activity_type": "search", "search_query": "a"}).tables


DERIVED = {"activity_type": "custom", "source": "server", "visitor_id": "v", "customer_id": "c"}


@pytest.mark.parametrize("name", DERIVED_NAMES)
def test_derived_events_are_rows_and_counts_alone(name: str) -> None:
    found = told(DERIVED | {"name": name})
    counts = {"customer_activity", "activity_hourly", "custom_events_daily"}
    assert set(found.tables) == counts


@pytest.mark.parametrize(
    "other",
    [{"source": "tracker"}, {"name": "wishlist"}, {"name": None}, {"activity_type": "search"}],
)
def test_only_the_server_and_the_name_together_make_one(other: dict[str, object]) -> None:
    events = frame("activity", DERIVED | {"name": DERIVED_NAMES[0]} | other)
    assert acts_of(events).height == 1


def test_a_mixed_slice_has_the_sessions_of_those_who_acted() -> None:
    derived = DERIVED | {"name": DERIVED_NAMES[0], "occurred_at": NOW_MS + 31 * MINUTE}
    found = told({"page_url": "https://s.example/"}, derived)
    assert rows(found, "sessions", "events") == [(1,)]
    assert found.tables["customer_activity"].height == 2
    assert rows(found, "activity_hourly", "events") == [(1,), (1,)]
