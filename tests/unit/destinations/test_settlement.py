"""What an outcome means for its batch: a table of outcomes, and the loss of no event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.destinations.rules.model import DeliveryOutcome, Destination
from storepulse.destinations.rules.settlement import (
    EXHAUSTED,
    REFUSED,
    AttemptedBatch,
    Settlement,
    part_id,
    settle,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BATCH = "019b7984-3c00-7a5b-a1c2-3d4e5f607182"


def settled(
    events: str,
    outcome: DeliveryOutcome,
    *,
    failures: int = 0,
    probe: bool = False,
    others_arrive: bool = False,
    **fields: Any,
) -> Settlement:
    """One event a letter; the draw leaves waits as they are declared."""
    destination = Destination("id", "crm", "webhook", **{"retry_seconds": (10.0, 60.0), **fields})
    return settle(
        destination,
        AttemptedBatch(BATCH, list(events), failures, probe, others_arrive),
        outcome,
        NOW,
        0.5,
    )


def test_delivered_but_for_events_that_are_named() -> None:
    outcome = DeliveryOutcome(
        "delivered", 200, refusals={"b": "too old"}, omissions={"c": "no consent"}
    )
    found = settled("abcd", outcome)
    assert (found.batch, found.failed, found.left_out) == (
        "finished", {"b": "too old"}, {"c": "no consent"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failures", "retry_after", "due"), [(0, None, 10), (1, None, 60), (0, 15.0, 15), (0, 99.0, 20)]
)
def test_a_retry_is_due_after_its_step(
    failures: int, retry_after: float | None, due: float
) -> None:
    found = settled("ab", DeliveryOutcome("retry", 503, retry_after=retry_after), failures=failures)
    assert (found.batch, found.attempts) == ("again", failures + 1)
    assert found.due_at == NOW + timedelta(seconds=due)


def test_without_a_retry_left_every_event_fails() -> None:
    found = settled("ab", DeliveryOutcome("retry", 503), failures=2)
    assert (found.batch, found.attempts) == ("finished", 3)
    assert found.failed == {"a": EXHAUSTED, "b": EXHAUSTED}


def test_a_probe_uses_up_no_attempt() -> None:
    found = settled("ab", DeliveryOutcome("retry", 503), failures=2, probe=True)
    assert (found.batch, found.attempts, found.due_at) == ("again", 2, NOW)


def test_410_keeps_the_batch() -> None:
    found = settled("ab", DeliveryOutcome("gone", 410), failures=1)
    assert (found.batch, found.attempts, found.failed) == ("disabled", 1, {})


def test_410_keeps_what_the_receiver_had_before() -> None:
    """A batch of several requests: the first ones arrived, and must not be sent again."""
    taken = DeliveryOutcome("gone", 410, refusals={"b": "no"}, accepted_ids=frozenset("a"))
    found = settled("abc", taken)
    assert (found.batch, found.sent, found.failed) == ("disabled", frozenset("a"), {"b": "no"})


def test_a_single_refused_event_fails() -> None:
    assert settled("a", DeliveryOutcome("refused", 422)).failed == {"a": REFUSED}


@pytest.mark.parametrize("ordered", [False, True])
def test_a_refused_batch_is_halved(ordered: bool) -> None:
    found = settled("abcde", DeliveryOutcome("refused", 422), ordered=ordered)
    assert found.batch == "divided"
    assert [list(part.events) for part in found.parts] == [["a", "b"], ["c", "d", "e"]]
    second = None if ordered else part_id(BATCH, "second")
    assert [part.batch_id for part in found.parts] == [part_id(BATCH, "first"), second]


def test_events_refused_by_name_leave_the_rest_together() -> None:
    found = settled("abcd", DeliveryOutcome("refused", 422, refusals={"c": "too old"}))
    assert (found.batch, found.failed) == ("divided", {"c": "too old"})
    assert [list(part.events) for part in found.parts] == [["a", "b", "d"]]


def test_what_the_receiver_has_all_the_same_counts_as_sent() -> None:
    found = settled("abc", DeliveryOutcome("retry", 503, accepted_ids=frozenset("a")))
    assert (found.batch, found.sent) == ("again", frozenset("a"))
    found = settled("abc", DeliveryOutcome("retry", 503, accepted_ids=frozenset("a")), failures=2)
    assert set(found.failed) == {"b", "c"}
    assert (
        settled("a", DeliveryOutcome("retry", 503, accepted_ids=frozenset("a"))).batch == "finished"
    )


@given(
    st.integers(1, 12),
    st.sampled_from(["delivered", "retry", "refused", "gone"]),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_every_event_has_exactly_one_future(
    count: int, verdict: Any, failures: int, probe: bool, ordered: bool, data: st.DataObject
) -> None:
    events = [f"event-{n}" for n in range(count)]
    fates = data.draw(st.lists(st.sampled_from("....rdt"), min_size=count, max_size=count))
    by_fate = {fate: [e for e, f in zip(events, fates, strict=True) if f == fate] for fate in "rdt"}
    if verdict == "gone" and "." not in fates:
        by_fate = {"r": [], "d": [], "t": []}
    outcome = DeliveryOutcome(
        verdict,
        refusals=dict.fromkeys(by_fate["r"], "refused"),
        omissions=dict.fromkeys(by_fate["d"], "dropped"),
        accepted_ids=frozenset(by_fate["t"]) if verdict in ("retry", "gone") else frozenset(),
    )
    destination = Destination("id", "crm", "webhook", ordered=ordered, retry_seconds=(1.0, 1.0))
    found = settle(destination, AttemptedBatch(BATCH, events, failures, probe), outcome, NOW, 0.0)
    ended = [*found.failed, *found.left_out, *found.sent]
    moved = [event for part in found.parts for event in part.events]
    assert len(set(ended + moved)) == len(ended + moved)
    rest = set(events) - set(ended) - set(moved)
    if found.batch == "divided":
        # A divided batch ends: whatever stayed in it would never be sent.
        assert rest == set()
    if found.batch in ("again", "disabled"):
        assert rest
        assert found.due_at is not None
    if verdict in ("retry", "refused") and found.batch == "finished":
        # What a finished batch still has counts as sent.
        assert rest == set()
    if found.parts:
        assert len(moved) < count or len(found.parts) > 1


ACCOUNT = DeliveryOutcome("retry", 401, "status 401", fault="account")


@pytest.mark.parametrize("failures", [2, 3, 500])
def test_a_fault_of_the_account_fails_no_event_however_long_it_lasts(failures: int) -> None:
    found = settled("ab", ACCOUNT, failures=failures)
    assert (found.batch, found.failed) == ("again", {})
    assert found.due_at == NOW + timedelta(seconds=60)
    assert settled("a", ACCOUNT, retry_seconds=()).due_at == NOW + timedelta(hours=1)


def test_a_fault_of_the_account_while_others_arrive_is_about_these_events() -> None:
    during = settled("ab", ACCOUNT, failures=1, others_arrive=True)
    assert during.batch == "again"  # The schedule comes first: a secret may be on its way.
    halved = settled("ab", ACCOUNT, failures=2, others_arrive=True)
    assert (halved.batch, [part.events for part in halved.parts]) == ("divided", [["a"], ["b"]])
    alone = settled("a", ACCOUNT, failures=2, others_arrive=True)
    assert (alone.batch, alone.failed) == ("finished", {"a": REFUSED})


def test_what_an_event_points_to_uses_up_retries_in_a_probe_too() -> None:
    away = DeliveryOutcome("retry", error="host is away", fault="source")
    assert settled("a", away, probe=True).due_at == NOW + timedelta(seconds=10)
    assert settled("a", away, failures=2, probe=True).failed == {"a": EXHAUSTED}


def test_a_body_above_its_limit_is_halved_without_an_attempt() -> None:
    found = settled("abcd", DeliveryOutcome("oversize"), failures=1)
    assert (found.batch, found.attempts, found.failed) == ("divided", 1, {})
    assert [part.events for part in found.parts] == [["a", "b"], ["c", "d"]]
