"""Whether the topics are there that a process needs."""

from __future__ import annotations

from collections.abc import Collection

from storepulse.adapters.kafka.topics import read_states
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured


def required_topic_ids(
    settings: Settings, read: Collection[str], written: Collection[str]
) -> dict[str, str]:
    """Kafka's ids of the topics that are read. Without all topics as declared, the process does
    not run: a missing one would mean an empty assignment and a process that idles without a word.
    """
    wanted = {*read, *written}
    found = {state.name: state for state in read_states(settings) if state.name in wanted}
    for state in found.values():
        if state.partitions is None:
            raise Misconfigured(state.name, "no such topic; run `storepulse topics apply`")
        if state.partitions < state.declared_partitions:
            raise Misconfigured(state.name, f"has {state.partitions} partitions, too few")
    return {name: str(found[name].topic_id) for name in read}
