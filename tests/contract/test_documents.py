"""The OpenAPI documents as generators of clients read them: valid, and saying what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from storepulse.adapters.settings import Settings
from storepulse.gateway.endpoints import COLLECTION
from storepulse.gateway.openapi import openapi as gateway_document
from storepulse.query.app import openapi as query_document
from storepulse.streams.registry import STREAMS

SERVICES = ("gateway", "query")
#: How operations begin: what a function of a generated client is called.
VERBS = (
    "add", "archive", "change", "check", "complete", "create", "delete", "discard", "end", "export",
    "get", "list", "look", "pause", "preview", "register", "remove", "reopen", "replay", "resend",
    "resume", "retire", "revoke", "rotate", "search", "show", "start", "track", "try", "update",
)  # fmt: skip


@cache
def document(service: str) -> dict[str, Any]:
    made: dict[str, Any] = {"gateway": gateway_document, "query": query_document}[service](
        Settings()
    )
    return made


def operations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document(service)["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def schemas(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a document that may be a schema, with where it stands."""
    if isinstance(part, dict):
        yield path, part
        for name, inner in part.items():
            if name not in ("examples", "example", "const", "enum"):
                yield from schemas(inner, f"{path}/{name}")
    elif isinstance(part, list):
        for at, inner in enumerate(part):
            yield from schemas(inner, f"{path}/{at}")


def faults(service: str, schema: dict[str, Any], value: Any) -> list[str]:
    """Why a value is none of a schema of the document."""
    whole = DRAFT202012.create_resource(document(service))
    registry: Registry[Any] = Registry().with_resource("urn:document", whole)
    anchored = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_absolute(schema)}
    validator = validator_for(anchored)(anchored, registry=registry)
    return [error.message for error in validator.iter_errors(value)]


def _absolute(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: f"urn:document{inner}" if name == "$ref" else _absolute(inner)
            for name, inner in part.items()
        }
    return [_absolute(inner) for inner in part] if isinstance(part, list) else part


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_is_valid(service: str) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document(service)).iter_errors()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_examples_and_defaults_are_what_their_schemas_say(service: str) -> None:
    checked = 0
    for path, schema in schemas(document(service)):
        if "type" not in schema and "anyOf" not in schema:
            continue
        values = [
            *schema.get("examples", ()),
            *([schema["default"]] if "default" in schema else ()),
        ]
        for value in values:
            assert faults(service, schema, value) == [], (path, value)
            checked += 1
    assert checked > 20


def test_examples_of_bodies_are_bodies() -> None:
    examples = document("gateway")["components"]["examples"]
    checked = 0
    for name, operation in operations("gateway"):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for reference in (content or {}).get("examples", {}).values():
            value = examples[reference["$ref"].rpartition("/")[2]]["value"]
            assert faults("gateway", content["schema"], value) == [], name
            checked += 1
    assert checked >= sum(len(stream.types.names) for stream in STREAMS.values())


@pytest.mark.parametrize("service", SERVICES)
def test_operations_read_well_as_functions(service: str) -> None:
    ids = [operation["operationId"] for _, operation in operations(service)]
    assert len(ids) == len(set(ids))
    pattern = re.compile(rf"(?:{'|'.join(VERBS)})(?:_[a-z]+)+")
    assert [name for name in ids if pattern.fullmatch(name) is None] == []


@pytest.mark.parametrize("service", SERVICES)
def test_each_operation_says_what_surrounds_it(service: str) -> None:
    tags = {tag["name"] for tag in document(service)["tags"]}
    schemes = set(document(service)["components"]["securitySchemes"])
    assert document(service)["servers"]
    for name, operation in operations(service):
        assert operation["summary"], name
        assert operation["tags"], name
        assert set(operation["tags"]) <= tags, name
        assert {one for entry in operation["security"] for one in entry} <= schemes, name
        for status, response in operation["responses"].items():
            told = set(response.get("headers", ()))
            if status in ("429", "503"):
                assert "Retry-After" in told, (name, status)
            # Without a body: a page that the client has already, and the end of a session.
            if status not in ("200", "204", "304") or "content" in response:
                assert all(media["schema"] for media in response["content"].values()), name


@pytest.mark.parametrize("service", SERVICES)
def test_a_field_that_may_be_left_out_of_a_body_has_no_default(service: str) -> None:
    """In TypeScript it would be one that must be there."""
    components = document(service)["components"]["schemas"]
    for name, operation in operations(service):
        waiting, seen = [operation.get("requestBody", {})], set()
        while waiting:
            for path, schema in schemas(waiting.pop()):
                assert "default" not in schema, (name, path)
                reference = schema.get("$ref", "").rpartition("/")[2]
                if reference in components and reference not in seen:
                    seen.add(reference)
                    waiting.append(components[reference])


@pytest.mark.parametrize(
    ("stream", "required"),
    [
        ("Activity", {"session_id", "activity_type"}),
        ("Cart", {"storeName"}),
        ("Heatmap", {"session_id", "type", "page_url"}),
        ("Landing", {"session_id", "event_type", "landing_page_id"}),
    ],
)
def test_a_beacon_wants_what_its_contract_wants(stream: str, required: set[str]) -> None:
    beacon = document("gateway")["components"]["schemas"][f"{stream}Beacon"]
    assert set(beacon["required"]) == required
    for name, field in beacon["properties"].items():
        assert field.get("description") or "$ref" in field, name
        if name not in required:
            assert faults("gateway", field, None) == [], f"{name} may be null"


@pytest.mark.parametrize("stream", STREAMS)
def test_every_field_of_a_beacon_is_described(stream: str) -> None:
    beacon = document("gateway")["components"]["schemas"][f"{stream.capitalize()}Beacon"]
    assert [name for name, field in beacon["properties"].items() if not field["description"]] == []


@pytest.mark.parametrize("value", [49.9, 1, "49.90", None])
def test_an_amount_is_a_number_or_text(value: Any) -> None:
    beacon = document("gateway")["components"]["schemas"]["ActivityBeacon"]
    assert faults("gateway", beacon["properties"]["value"], value) == []


#: The paths that take events of pages; servers alone send to the others.
OF_PAGES = {path for (_, path), need in COLLECTION.items() if need.of_pages}


def test_what_takes_events_takes_what_send_beacon_sends() -> None:
    assert OF_PAGES
    for name, operation in operations("gateway"):
        if name.removeprefix("post ") in OF_PAGES:
            content = operation["requestBody"]["content"]
            assert set(content) == {"application/json", "text/plain"}, name
            text = content["text/plain"]["schema"]
            assert (text["type"], text["contentMediaType"]) == ("string", "application/json")
            assert text["contentSchema"] == content["application/json"]["schema"]
            assert {"query", "bearer", "header"} <= {
                n for one in operation["security"] for n in one
            }
