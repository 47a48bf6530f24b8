"""Filters by column, and the check before every send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.delivered_events import event, frame, record

from storepulse.destinations.rules.matching import event_type, matching, may_send
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.ordering import ordering_key

STORE = record("activity")["store_id"]
OTHER = "6f1d2c1e-58f4-5a70-9a0e-0d6c0f6f5b12"
ANY = Destination("d-1", "any", "webhook")


def matched(destination: Destination, stream: str, *records: dict[str, Any]) -> list[bool]:
    slice_ = frame(stream, *records)
    return slice_.select(matching(destination, stream, slice_)).to_series().to_list()


@pytest.mark.parametrize("stream", ["activity", "cart", "heatmap", "landing"])
def test_a_destination_without_filters_wants_all_but_bots(stream: str) -> None:
    bot = {"is_bot": True, "bot_reason": "googlebot"}
    assert matched(ANY, stream, {}, bot, {}) == [True, False, True]
    assert matched(replace(ANY, include_bots=True), stream, {}, bot) == [True, True]


def test_streams() -> None:
    carts = replace(ANY, streams=frozenset({"cart", "landing"}))
    assert matched(carts, "cart", {}, {}) == [True, True]
    assert matched(carts, "activity", {}, {}) == [False, False]


def test_stores() -> None:
    own = replace(ANY, store_id=STORE)
    assert matched(own, "cart", {}, {"store_id": OTHER}) == [True, False]


def test_types() -> None:
    wanted = replace(ANY, types=frozenset({"purchase", "search", "Purchase", "cart_add"}))
    types = [{"activity_type": name} for name in ("purchase", "page_view", "search")]
    assert matched(wanted, "activity", *types) == [True, False, True]
    assert matched(wanted, "cart", {}) == [True]
    assert matched(wanted, "heatmap", {}) == [False]


def test_reached_limits_can_be_taken_alone() -> None:
    meters = [{"meter": "sms_sent"}, {"meter": "plan_limit_reached"}]
    reached = replace(ANY, types=frozenset({"plan_limit_reached"}))
    assert matched(reached, "usage", *meters) == [False, True]
    reports = replace(ANY, types=frozenset({"usage"}))
    assert matched(reports, "usage", *meters) == [True, False]
    assert matched(ANY, "usage", *meters) == [True, True]


def test_landing_events_go_by_type_and_custom_ones_by_name() -> None:
    slice_ = frame(
        "landing",
        {"event_type": "Purchase", "event_name": "Purchase"},
        {"event_type": "WebVitals", "event_name": "web_vitals"},
        {"event_type": "Custom", "event_name": "cta_click"},
    )
    types = slice_.select(event_type("landing")).to_series().to_list()
    assert types == ["Purchase", "WebVitals", "cta_click"]


def test_derived_events_have_a_type_of_their_own_that_no_page_can_take() -> None:
    told = {"activity_type": "custom", "name": "cart_abandoned", "source": "server"}
    slice_ = frame("activity", told, told | {"source": "tracker"}, told | {"name": "wishlist"})
    types = slice_.select(event_type("activity")).to_series().to_list()
    assert types == ["cart_abandoned", "custom", "custom"]
    asking = replace(ANY, types=frozenset({"cart_abandoned"}))
    assert matched(asking, "activity", told, told | {"source": "tracker"}) == [True, False]
    assert matched(replace(ANY, types=frozenset({"custom"})), "activity", told) == [False]


@pytest.mark.parametrize("stated", ["granted", "denied", "unknown"])
@pytest.mark.parametrize("purpose", ["analytics", "marketing"])
def test_consent(purpose: str, stated: str) -> None:
    asking = replace(ANY, consent=frozenset({purpose}))
    change = {f"consent_{purpose}": stated}
    assert matched(asking, "activity", change) == [stated == "granted"]
    reason = may_send(asking, event(**change))
    assert reason == (None if stated == "granted" else f"consent to {purpose} is {stated}")


def test_both_consents_are_needed_where_both_are_asked_for() -> None:
    asking = replace(ANY, consent=frozenset({"analytics", "marketing"}))
    both = {"consent_analytics": "granted", "consent_marketing": "granted"}
    assert matched(asking, "cart", both, {**both, "consent_marketing": "denied"}) == [True, False]


def test_what_is_checked_again_at_every_send() -> None:
    bot = event(is_bot=True, bot_reason="headless")
    assert may_send(ANY, event()) is None
    assert may_send(ANY, bot) == "the destination does not take robots' events"
    assert may_send(replace(ANY, include_bots=True), bot) is None


def test_an_empty_slice() -> None:
    assert matched(replace(ANY, types=frozenset({"x"}), store_id=STORE), "cart") == []


def test_order_is_kept_by_order_else_session_within_a_store() -> None:
    slice_ = frame(
        "landing",
        {"order_id": "1001", "session_id": "a"},
        {"order_id": "1001", "session_id": "b"},
        {"order_id": None, "session_id": "1001"},
        {"order_id": "1001", "session_id": "a", "store_id": OTHER},
    )
    keys = slice_.select(ordering_key("landing")).to_series().to_list()
    assert keys[0] == keys[1]
    assert len({keys[0], keys[2], keys[3]}) == 3
    carts = frame("cart", {"session_id": "a"}, {"session_id": "a"}, {"session_id": None})
    keys = carts.select(ordering_key("cart")).to_series().to_list()
    assert keys[0] == keys[1] is not None
    assert keys[2] is None
