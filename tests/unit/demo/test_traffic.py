"""The demo's traffic: repeatable to the byte, and inside of what the numbers rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from storepulse.demo.beacons import BeaconRequest, ManifestEntry, Visitor
from storepulse.demo.parts import PARTS
from storepulse.demo.spoilt import BODIES, FIELDS
from storepulse.demo.traffic import DAY, Plan, visitors
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE

START = 1_795_219_200_000
PLAN = Plan(seed=7, start=START)


@pytest.fixture(scope="module")
def run() -> list[Visitor]:
    return list(visitors(PLAN, 12_000))


def bodies(plan: Plan, events: int) -> list[tuple[str, str, bytes]]:
    return [(r.path, r.ip, r.body()) for v in visitors(plan, events) for r in v.requests]


def entries(run: list[Visitor]) -> Iterator[tuple[Visitor, BeaconRequest, ManifestEntry]]:
    return ((v, r, e) for v in run for r in v.requests for e in r.entries)


def fresh(run: list[Visitor]) -> list[dict[str, Any]]:
    return [e.event for _, _, e in entries(run) if e.outcome == "fresh" and e.event is not None]


def test_the_same_seed_and_start_send_the_same_bytes() -> None:
    assert bodies(PLAN, 500) == bodies(PLAN, 500)


@pytest.mark.parametrize("other", [Plan(8, START), Plan(7, START + 1), Plan(7, START, shops=4)])
def test_anything_else_sends_other_ids(other: Plan) -> None:
    mine, others = (
        {e["event_id"] for e in fresh(list(visitors(plan, 500))) if e["event_id"]}
        for plan in (PLAN, other)
    )
    assert mine != others
    # Other shops take other visitors, but a visitor is the same one.
    assert bool(mine & others) is (other.shops != PLAN.shops)


@pytest.mark.parametrize("events", [1, 2, 137, 1_000])
def test_the_number_of_fresh_events_is_met_exactly(events: int) -> None:
    assert sum(v.fresh for v in visitors(PLAN, events)) == events


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    short, long = bodies(PLAN, 300), bodies(PLAN, 900)
    assert short[:-1] == long[: len(short) - 1]


def test_ids_are_distinct_and_version_7_ids_carry_their_time(run: list[Visitor]) -> None:
    events = fresh(run)
    ids = [(e["store_id"], e["event_id"]) for e in events if e["event_id"] is not None]
    assert len(ids) == len(set(ids))
    for event in events:
        if event["stream"] in ("heatmap", "landing"):
            event_id = UUID(event["event_id"])
            assert event_id.version == 7
            assert event_id.int >> 80 == event["occurred_at"]
    assert {UUID(e["event_id"]).version for e in events if e["stream"] == "cart"} == {5}


def test_times_lie_in_what_the_gateway_takes(run: list[Visitor]) -> None:
    times = [e["occurred_at"] for e in fresh(run)]
    assert max(times) <= START
    # With a start of up to six days ago: never over 29 days.
    assert START - min(times) < 23 * DAY
    assert START - min(times) > 2 * DAY, "nobody was late"


def test_no_session_reaches_24_hours(run: list[Visitor]) -> None:
    spans: dict[tuple[str, str], list[int]] = {}
    for event in fresh(run):
        if event["stream"] == "activity":
            key = (event["store_id"], event["session_id"])
            spans.setdefault(key, []).append(event["occurred_at"])
    assert max(max(times) - min(times) for times in spans.values()) < DAY
    gaps = Counter(
        later - earlier for times in spans.values() for earlier, later in pairwise(sorted(times))
    )
    # Both sides of the end of a session occur.
    assert {1_800_000, 1_800_001} <= gaps.keys()


def test_a_repeat_follows_its_first_copy_in_its_own_session(run: list[Visitor]) -> None:
    first: dict[int, tuple[int, dict[str, Any]]] = {}
    for visitor, _, entry in entries(run):
        if entry.event is None:
            continue
        if entry.outcome == "fresh":
            first[id(entry.event)] = (visitor.number, entry.json)
            continue
        number, json = first[id(entry.event)]
        assert number == visitor.number
        if entry.outcome == "duplicate":
            assert entry.json == json
        else:
            ids = ("event_id", "idempotencyKey", "session_id", "sessionId", "store_id", "timestamp")
            assert entry.json != json
            assert [entry.json.get(name) for name in ids] == [json.get(name) for name in ids]


def test_clicks_of_different_requests_are_no_rage(run: list[Visitor]) -> None:
    """Else it would depend on the moment of arrival, which nobody knows beforehand."""
    last: dict[str, tuple[int, BeaconRequest]] = {}
    bursts = 0
    for _, request, entry in entries(run):
        event = entry.event
        if entry.outcome != "fresh" or event is None or event.get("kind") != "click":
            continue
        before = last.get(event["session_id"])
        if before is not None and event["occurred_at"] - before[0] <= 1_000:
            bursts += 1
            assert before[1] is request
        last[event["session_id"]] = (event["occurred_at"], request)
    assert bursts > 50


def test_limits_of_one_address_hold_twice_over(run: list[Visitor]) -> None:
    assert len({v.requests[0].ip for v in run}) == len(run)
    for visitor in run:
        of_stream = Counter(r.entries[0].stream for r in visitor.requests)
        assert 2 * (of_stream["activity"] + of_stream["landing"]) <= 100
        assert 2 * of_stream["cart"] <= 100
        assert 2 * of_stream["heatmap"] <= 200


def test_every_kind_of_traffic_occurs(run: list[Visitor]) -> None:
    outcomes = Counter(e.outcome for _, _, e in entries(run))
    assert 0.03 < outcomes["duplicate"] / outcomes["fresh"] < 0.09
    assert 0.002 < outcomes["conflict"] / outcomes["fresh"] < 0.02
    assert 0.005 < outcomes["malformed"] / outcomes["fresh"] < 0.04
    kinds = {(e.stream, e.kind) for _, _, e in entries(run) if e.outcome == "fresh"}
    # Segment's visitors want a secret key; everybody else's activity does not.
    played = [name for name, part in PARTS.items() if not part.needs_secret or name == "activity"]
    named = {(name, kind) for name in played for kind in STREAMS[name].types.names}
    assert kinds == named | {("landing", OWN_TYPE)}
    assert {e["is_bot"] for e in fresh(run)} == {True, False}
    assert max(len(r.entries) for v in run for r in v.requests) <= 51
    malformed = {
        (e.stream, e.field) for _, _, e in entries(run) if e.outcome == "malformed" and e.field
    }
    assert len(malformed) > len({(c.stream, c.field) for c in FIELDS if c.stream in played}) / 2
    raw = [r for v in run for r in v.requests if r.raw is not None]
    assert len(raw) > len(BODIES)
