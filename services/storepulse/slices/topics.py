"""Checks that the topics of a process exist."""

from __future__ import annotations

from collections.abc import Collection

from storepulse.adapters.kafka.topics import read_states
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured


def check_topics(
    settings: Settings, read_topics: Collection[str], written_topics: Collection[str]
) -> dict[str, str]:
    """Check the topics that a process needs and return Kafka's ids of those that it reads.

    Raises Misconfigured if a topic is missing or has too few partitions. A missing topic would
    otherwise mean an empty assignment: the process would idle silently.
    """
    needed = {*read_topics, *written_topics}
    state_of = {state.name: state for state in read_states(settings) if state.name in needed}
    for state in state_of.values():
        if state.partitions is None:
            raise Misconfigured(state.name, "no such topic; run `storepulse topics apply`")
        if state.partitions < state.declared_partitions:
            raise Misconfigured(state.name, f"has {state.partitions} partitions, too few")
    return {name: str(state_of[name].topic_id) for name in read_topics}
