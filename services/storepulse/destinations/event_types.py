"""The types of events of every stream, in the words of its schema."""

from __future__ import annotations

from functools import cache

from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.destinations.rules.matching import SINGLE_TYPES

#: The enumeration of a stream's types, whatever the stream calls it.
ENUMERATIONS = ("activity_type", "kind", "event_type")
#: In the schema's enumeration it stands for all names that shops give themselves.
OWN_TYPE = "Custom"


@cache
def types_of_streams() -> dict[str, frozenset[str]]:
    """Stream -> the types that its schema names."""
    return {stream: _symbols(stream) - {OWN_TYPE} for stream in load_catalog().streams}


@cache
def streams_with_own_types() -> frozenset[str]:
    """Streams whose events may also have a type that a shop named."""
    return frozenset(stream for stream in load_catalog().streams if OWN_TYPE in _symbols(stream))


def _symbols(stream: str) -> frozenset[str]:
    for field in schema_of(stream).document["fields"]:
        if field["name"] in ENUMERATIONS:
            return frozenset(field["type"]["symbols"])
    return frozenset({SINGLE_TYPES.get(stream, stream)})
