"""Disturbs a visit's requests as networks and clients do: out of order, late, repeated, changed,
malformed.

A repeat always follows its first copy in the same session, so that it is certain which is first.
Clicks are never moved, because rage clicks depend on their order.
"""

from __future__ import annotations

from copy import deepcopy
from random import Random

from storepulse.demo import spoilt
from storepulse.demo.beacons import BeaconRequest, ManifestEntry
from storepulse.demo.ids import uuid7
from storepulse.demo.parts import PARTS
from storepulse.domain.envelope import iso_ms

_SAME_REQUEST = 0.045
_SAME_EVENT = 0.02
_OTHER_CONTENT = 0.012
_SHUFFLED_VISIT = 0.05
_LATE_EVENT = 0.04
_MALFORMED = 0.03
_BAD_IN_BATCH = 0.02
_MINUTE = 60_000
#: Fields that hold an event's id.
_IDS = {"event_id", "idempotencyKey"}


def disturb(rng: Random, requests: list[BeaconRequest]) -> list[BeaconRequest]:
    """The requests of one visit in the order and form in which they are sent."""
    if rng.random() < _SHUFFLED_VISIT:
        _swap_neighbours(rng, requests)
    if rng.random() < _LATE_EVENT:
        _make_one_late(rng, requests)
    return _with_malformed(rng, _with_repeats(rng, requests))


def _may_move(request: BeaconRequest) -> bool:
    return PARTS[request.entries[0].stream].may_move


def _swap_neighbours(rng: Random, requests: list[BeaconRequest]) -> None:
    """Swap neighbouring events, as an offline queue does that is flushed in parallel."""
    places = [index for index, request in enumerate(requests) if _may_move(request)]
    for first, second in zip(places[::2], places[1::2], strict=False):
        if rng.random() < 0.7:
            requests[first], requests[second] = requests[second], requests[first]


def _make_one_late(rng: Random, requests: list[BeaconRequest]) -> None:
    """Move one event's time up to five hours back, without moving its place."""
    found = [r.entries[0] for r in requests if _may_move(r) and "event_id" in r.entries[0].json]
    if not found:
        return
    entry = rng.choice(found)
    assert entry.event is not None  # noqa: S101 - fresh entries have their event
    at = entry.event["occurred_at"] - rng.randrange(1, 300) * _MINUTE
    event_id = uuid7(at, rng)
    entry.event |= {"occurred_at": at, "event_id": event_id}
    entry.json |= {"timestamp": iso_ms(at), "event_id": event_id}


def _with_repeats(rng: Random, requests: list[BeaconRequest]) -> list[BeaconRequest]:
    result: list[BeaconRequest] = []
    waiting: list[BeaconRequest] = []
    for request in requests:
        result.append(request)
        draw = rng.random()
        if draw < _SAME_REQUEST:
            copy = _repeat(request, request.entries)
            if rng.random() < 0.5:
                result.append(copy)
            else:
                waiting.append(copy)
        elif draw < _SAME_REQUEST + _SAME_EVENT:
            one = [rng.choice(request.entries)]
            waiting.append(_repeat(request, request.entries if request.webhook else one))
        elif draw < _SAME_REQUEST + _SAME_EVENT + _OTHER_CONTENT:
            changed = _change_content(rng.choice(request.entries))
            if changed is not None:
                waiting.append(_like(request, [changed]))
        while waiting and rng.random() < 0.3:
            result.append(waiting.pop(0))
    return result + waiting


def _like(request: BeaconRequest, entries: list[ManifestEntry]) -> BeaconRequest:
    like = BeaconRequest(request.path, entries, request.ip, request.user_agent)
    like.proof = request.proof
    like.raw, like.webhook = request.raw, request.webhook
    return like


def _repeat(request: BeaconRequest, entries: list[ManifestEntry]) -> BeaconRequest:
    return _like(
        request,
        [
            ManifestEntry(e.stream, e.kind, e.store_id, "duplicate", e.json, e.event)
            for e in entries
        ],
    )


def _change_content(entry: ManifestEntry) -> ManifestEntry | None:
    """A copy with the same id and other content; None if the id is derived from the content."""
    if not entry.json.keys() & _IDS:
        return None
    json = {**deepcopy(entry.json), **PARTS[entry.stream].conflict}
    return ManifestEntry(entry.stream, entry.kind, entry.store_id, "conflict", json, entry.event)


def _with_malformed(rng: Random, requests: list[BeaconRequest]) -> list[BeaconRequest]:
    models: dict[str, BeaconRequest] = {}
    result: list[BeaconRequest] = []
    for request in requests:
        result.append(request)
        first = request.entries[0]
        is_beacon = request.webhook is None and not request.is_of_segment
        if first.outcome == "fresh" and is_beacon:
            models[first.stream] = request
        if request.is_batch and first.outcome == "fresh" and rng.random() < _BAD_IN_BATCH:
            bad = spoilt.spoil(first, spoilt.heatmap_case(rng))
            request.entries.insert(rng.randrange(len(request.entries) + 1), bad)
        if rng.random() < _MALFORMED:
            index = rng.randrange(1_000_000)
            broken = (
                spoilt.empty_batch(request)
                if request.is_batch and index % 40 == 0
                else spoilt.request(rng, models, index)
            )
            if broken is not None:
                result.append(broken)
    return result
