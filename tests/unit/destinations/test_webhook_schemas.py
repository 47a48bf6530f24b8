"""The schemas of webhooks' bodies take every example of every stream, and refuse what is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from tests.support.delivered_events import encoded

from storepulse.contracts.examples import native_of, read_examples
from storepulse.contracts.schemas import schema_of
from storepulse.destinations.rules.body_sizes import json_bytes
from storepulse.destinations.rules.model import Event
from storepulse.destinations.rules.webhook_body import body_of, message_of, type_of
from storepulse.destinations.rules.webhook_schemas import schema_of_bodies
from storepulse.streams.registry import STREAMS

SCHEMA = schema_of_bodies()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)


def examples() -> Iterator[tuple[str, Event, int]]:
    for stream in sorted(STREAMS):
        types = STREAMS[stream].types
        schema = schema_of(stream)
        for example in read_examples(stream, "valid"):
            record = native_of(schema, example.record)
            stored = encoded(stream, **record)
            value: Any = schema.decode(stored[5:], ids_as_text=True)
            kind = value[types.column] if types.column else types.names[0]
            if kind == "Custom" and types.own_column:
                kind = value[types.own_column]
            yield (
                f"{stream} {example.name}",
                Event(
                    value["event_id"], value["store_id"], stream, kind, value["received_at"], value
                ),
                len(stored),
            )


EXAMPLES = list(examples())


@pytest.mark.parametrize(("name", "event", "_"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_every_example_is_valid(name: str, event: Event, _: int) -> None:
    single = json.loads(body_of([event], is_single=True))
    VALIDATOR.validate(single)
    VALIDATOR.validate(json.loads(body_of([event, event], is_single=False)))
    wire = type_of(event.stream, event.event_type)
    assert single["type"] == wire
    one = jsonschema_rs.Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{wire}"}]})
    assert one.is_valid(single)


def test_what_is_missing_or_of_another_type_is_refused() -> None:
    _, event, _ = EXAMPLES[0]
    good = json.loads(body_of([event], is_single=True))
    for path in ("type", "timestamp", "data"):
        assert not VALIDATOR.is_valid({k: v for k, v in good.items() if k != path})
    for name in good["data"]:
        data = {k: v for k, v in good["data"].items() if k != name}
        assert not VALIDATOR.is_valid({**good, "data": data}), name
    for name in good["data"]["data"]:
        own = {k: v for k, v in good["data"]["data"].items() if k != name}
        assert not VALIDATOR.is_valid({**good, "data": {**good["data"], "data": own}}), name
    assert not VALIDATOR.is_valid({**good, "type": "cart.remove"})
    assert not VALIDATOR.is_valid({**good, "timestamp": "yesterday"})
    assert VALIDATOR.is_valid({**good, "added": 1})


@pytest.mark.parametrize(
    ("stream", "kind", "expected"),
    [
        ("landing", "Purchase", "landing.purchase"),
        ("landing", "AddToCart", "landing.add_to_cart"),
        ("landing", "WebVitals", "landing.web_vitals"),
        ("landing", "Newsletter Sign-up", "landing.custom"),
        ("activity", "custom", "activity.custom"),
        ("cart", "cart_add", "cart.add"),
        ("heatmap", "click", "heatmap.click"),
    ],
)
def test_types(stream: str, kind: str, expected: str) -> None:
    assert type_of(stream, kind) == expected


@pytest.mark.parametrize(("name", "event", "stored"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_sizes_are_guessed_a_little_too_large(name: str, event: Event, stored: int) -> None:
    size = len(message_of(event)) + 1
    assert size <= json_bytes(event.stream, stored) <= 1.5 * size


def test_a_body_depends_on_its_events_alone() -> None:
    events = [event for _, event, _ in EXAMPLES]
    assert body_of(events, is_single=True) == body_of(events, is_single=False)
    document = json.loads(body_of(events, is_single=False))
    newest = max(event.received_at for event in events).astimezone(UTC)
    at = datetime.fromisoformat(document["timestamp"])
    assert 0 <= (newest - at).total_seconds() < 0.001
