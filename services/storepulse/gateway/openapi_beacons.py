"""Schemas of the beacons, for the OpenAPI document.

They are generated from the types that decode requests, and adjusted where client generators would
misread them: defaults are left out, because a field with a default becomes required in TypeScript.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from storepulse.contracts.schemas import schema_of
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.openapi_fields import FIELDS
from storepulse.streams.beacon import snake_case
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import Stream

REF = "#/components/schemas/{name}"
#: Ids for examples.
_EXAMPLE_IDS = {
    "event_id": "01912d3c-5a7e-7c31-8a0e-2f6d3b1c9e40",
    "store_id": "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d",
    "session_id": "s-5f0c2a",
}


class BeaconSchemas:
    """The components of all streams. `one` and `many` refer to the bodies of one event and of a
    batch."""

    def __init__(self, max_batch: int) -> None:
        types: dict[str, Any] = {
            name: (stream.input.beacon, Decoding(stream.input, max_batch).batch_type)
            for name, stream in STREAMS.items()
        }
        every = [kind for pair in types.values() for kind in pair]
        references, self.components = msgspec.json.schema_components(every, ref_template=REF)
        by_type = dict(zip(every, references, strict=True))
        self.one = {name: by_type[beacon] for name, (beacon, _) in types.items()}
        self.many = {name: by_type[batch] for name, (_, batch) in types.items()}
        for name, stream in STREAMS.items():
            self._describe(name, stream, max_batch)
        self.any_stream = self._add_collections(max_batch)
        for schema in self.components.values():
            _without_defaults(schema)

    def _describe(self, name: str, stream: Stream, max_batch: int) -> None:
        beacon = self.components[_name_of(self.one[name])]
        batch = self.components[_name_of(self.many[name])]
        batch["description"] = f"At most {max_batch} events of the stream {name}."
        batch["properties"]["events"] |= {"minItems": 1, "maxItems": max_batch}
        for field, schema in batch["properties"].items():
            if field != "events":
                schema["description"] = FIELDS[snake_case(field)][0]
        # Unknown fields go into `metadata`.
        beacon["additionalProperties"] = stream.input.keeps_unknown
        told = {field["name"]: field.get("doc", "") for field in schema_of(name).document["fields"]}
        for field, schema in beacon["properties"].items():
            own = snake_case(field)
            description, example = FIELDS.get(own, (told.get(own, ""), None))
            if description:
                schema.setdefault("description", description)
            if example is not None and _has_room_for(schema, field):
                schema.setdefault("examples", [example])

    def any_form(self, name: str) -> dict[str, Any]:
        """The body of a path that takes one event, a batch or a bare list."""
        events = self.components[_name_of(self.many[name])]["properties"]["events"]
        return {"anyOf": [self.one[name], self.many[name], events]}

    def _add_collections(self, max_batch: int) -> dict[str, Any]:
        """The body of `/collect`, whose batches name their stream: a component for each."""
        mapping: dict[str, str] = {}
        for name in sorted(STREAMS):
            component = f"{name.capitalize()}Collection"
            batch = self.components[_name_of(self.many[name])]["properties"]
            sent_at = batch["sentAt" if "sentAt" in batch else "sent_at"]
            mapping[name] = REF.format(name=component)
            self.components[component] = {
                "type": "object",
                "description": f"A batch that says that its events are of the stream {name}.",
                "additionalProperties": False,
                "required": ["stream", "events"],
                "properties": {
                    "stream": {"const": name, "type": "string"},
                    "events": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": max_batch,
                        "items": self.one[name],
                    },
                    "key": {"type": ["string", "null"], "description": FIELDS["key"][0]},
                    "sent_at": sent_at,
                },
            }
        return {
            "oneOf": [{"$ref": reference} for reference in mapping.values()],
            "discriminator": {"propertyName": "stream", "mapping": mapping},
        }


def examples() -> dict[str, Any]:
    """Example components: one for each event type of each stream, and batches of all types of a
    stream."""
    found: dict[str, Any] = {}
    for name, stream in STREAMS.items():
        beacons = {kind: stream.sample(kind, dict(_EXAMPLE_IDS)) for kind in stream.types.names}
        found |= {f"{name}.{kind}": {"value": beacon} for kind, beacon in beacons.items()}
        batch = {"events": list(beacons.values())}
        found[f"{name}_batch"] = {"value": batch}
        found[f"{name}_collection"] = {"value": {"stream": name} | batch}
    return found


def examples_for(endpoint: Endpoint) -> dict[str, Any]:
    """References to the examples of a body."""
    stream = endpoint.stream
    if stream is None:
        names = [f"{name}_collection" for name in sorted(STREAMS)]
    elif endpoint.one:
        record = STREAMS[stream]
        stated = endpoint.states.get(record.input.type_field or "")
        names = [f"{stream}.{kind}" for kind in record.types.names if stated in (None, kind)]
        names += [f"{stream}_batch"] * (endpoint.lists and stated is None)
    else:
        names = [f"{stream}_batch"]
    return {name: {"$ref": f"#/components/examples/{name}"} for name in names}


def _name_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _has_room_for(schema: dict[str, Any], field: str) -> bool:
    """Whether the common example fits: not if the stream has event types of its own."""
    return not (field in ("type", "event_type") and "enum" not in str(schema))


def _without_defaults(schema: Any) -> None:
    for part in _parts(schema):
        part.pop("default", None)


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for name, part in schema.items():
            # Names of fields are not schema keywords.
            if name == "properties":
                for inner in part.values():
                    yield from _parts(inner)
            elif name not in ("examples", "const", "enum"):
                yield from _parts(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _parts(part)
