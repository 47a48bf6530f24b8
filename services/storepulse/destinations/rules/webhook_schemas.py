"""JSON Schemas of webhook bodies, one for each type, made from the streams and their Avro schemas.

Required properties are always present, but may be null. Additional properties are allowed, because
later versions may add fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storepulse.contracts.schemas import schema_of
from storepulse.destinations.rules.event_json import CLIENT, ELSEWHERE, ENVELOPE, JSON_TEXT
from storepulse.destinations.rules.webhook_body import BATCH, type_of
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "format": "date-time"}
_UUID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string"}
_NULL = {"type": "null"}
_PLAIN = {
    "string": _TEXT,
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": _NULL,
}
_LOGICAL = {
    "uuid": _UUID,
    "timestamp-millis": _TIME,
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
}
#: Free-form JSON of the shop: any value.
_FREE: dict[str, Any] = {"description": "As the shop sent it"}


def schema_of_bodies() -> dict[str, Any]:
    """One document for every body that a receiver may get, with a definition for each type."""
    definitions = {name: schema for name, schema in _messages()}  # noqa: C416 - pairs, for mypy
    one = [{"$ref": f"#/$defs/{name}"} for name in definitions]
    batch = _object(
        {
            "type": {"const": BATCH},
            "timestamp": {**_TIME, "description": "When the newest of the events was received"},
            "data": _object({"events": {"type": "array", "minItems": 1, "items": {"oneOf": one}}}),
        }
    )
    definitions[BATCH] = batch
    return {
        "$schema": DIALECT,
        "title": "Bodies of Storepulse's webhooks",
        "oneOf": [*one, {"$ref": f"#/$defs/{BATCH}"}],
        "$defs": definitions | {f"{stream}.event": _event(stream) for stream in STREAMS},
    }


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for stream in sorted(STREAMS):
        types = STREAMS[stream].types
        # All custom types of shops have one definition; `data.type` has the name.
        names = [*types.all_names, *([OWN_TYPE] if types.own_column else [])]
        for name in names:
            wire = type_of(stream, name)
            known = {"const": name} if name in types.all_names else _TEXT
            yield (
                wire,
                _object(
                    {
                        "type": {"const": wire},
                        "timestamp": {**_TIME, "description": "When the event happened"},
                        "data": {
                            "allOf": [{"$ref": f"#/$defs/{stream}.event"}],
                            "properties": {"type": known},
                        },
                    }
                ),
            )


def _event(stream: str) -> dict[str, Any]:
    kinds = {field["name"]: field["type"] for field in schema_of(stream).document["fields"]}
    own = {
        name: _FREE if name in JSON_TEXT else _schema(kind)
        for name, kind in kinds.items()
        if name not in ELSEWHERE
    }
    consent = {"enum": ["granted", "denied", "unknown"]}
    return _object(
        {
            "event_id": _UUID,
            "stream": {"const": stream},
            "type": _TEXT,
            "store_id": _UUID,
            **{name: _schema(kinds[name]) for name in ENVELOPE},
            "occurred_at": _TIME,
            "received_at": _TIME,
            "consent": _object({"analytics": consent, "marketing": consent}),
            "is_bot": {"type": "boolean"},
            "client": _object({name: _schema(kinds[name]) for name in CLIENT}),
            "data": _object(own),
        }
    )


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"anyOf": [_schema(one) for one in kind]}
    if isinstance(kind, dict):
        if kind["type"] == "enum":
            return {"enum": kind["symbols"]}
        logical = _LOGICAL.get(kind.get("logicalType", ""))
        return logical or _schema(kind["type"])
    return _PLAIN[kind]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
