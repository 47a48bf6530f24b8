"""Derived events in what a campaign left behind: each is made of a step that is there, and once.

The agents' clock is an hour ahead, so that a cart counts as abandoned as soon as it is stored:
steps and what is told of them are in flight together, whatever is killed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from tests.fault.evidence import POISON, Evidence, decode
from tests.fault.outcomes import Key

from storepulse.exactness.model.session_carts import is_derived

#: How far the agents' clock is ahead: the time that a store's carts wait unless it says otherwise.
AHEAD_SECONDS = 3_600
#: Carts that the clock has not looked at yet.
DUE = "SELECT count(*)::int FROM session_carts WHERE due_at <= now() + interval '1 hour'"


def derived_keys(fresh: dict[Key, tuple[dict[str, Any], Any]]) -> set[Key]:
    """Ids of events that nobody sent."""
    return {key for key, (event, _) in fresh.items() if is_derived(event)}


def count_derived(evidence: Evidence) -> int:
    """Records of derived events that are well-formed, repeats included."""
    events = (
        decode("activity", r.value)
        for r in evidence.ingest["activity"]
        if not r.headers.get(POISON) and r.value
    )
    return sum(map(is_derived, events))


def check_derived(
    evidence: Evidence, fresh: dict[Key, tuple[dict[str, Any], Any]]
) -> Iterator[str]:
    """Each is of a step of its session, under the id of that step; none waits to be told."""
    for key in derived_keys(fresh):
        event = fresh[key][0]
        step = json.loads(event["metadata"])["last_step"]
        store, session = event["store_id"], event["session_id"]
        found = fresh.get((store, step["event_id"]))
        if found is None or (found[0]["session_id"], found[0]["stream"]) != (
            session,
            step["stream"],
        ):
            yield f"derived: {key[1]} is of a step {step['event_id']} that is not there"
        name = f"activity:secret:abandoned:{session}:{step['event_id']}:{step['stream']}"
        if key[1] != str(uuid.uuid5(uuid.UUID(store), name)):
            yield f"derived: {key[1]} is not the id of its step"
    if evidence.untold:
        yield f"derived: {evidence.untold} carts are due and were not told"
