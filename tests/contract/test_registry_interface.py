"""Confluent's registry interface as other clients use it: raw requests, row by row, to the query
service itself and through the gateway."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.services import Service, running
from tests.support.world import World

from storepulse.access import keys
from storepulse.contracts.schemas import schema_of, schemas_of

ROWS = tomllib.loads((Path(__file__).parents[1] / "data/schema_registry.toml").read_text())["call"]
MEDIA = "application/vnd.schemaregistry.v1+json"
#: What franz-go sends with every request.
HEADERS = {"Accept": MEDIA, "Content-Type": MEDIA, "User-Agent": "franz-go"}
OUTSIDE = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(scope="module")
def query(module_world: World) -> Iterator[Service]:
    with running("query", module_world.settings) as service:
        yield service


@pytest.fixture(scope="module")
def gateway(module_world: World, query: Service) -> Iterator[Service]:
    unlimited = {"limit_reads_per_minute": 100_000, "limit_sensitive_per_minute": 100_000}
    settings = module_world.settings.model_copy(update=unlimited)
    with running("gateway", settings) as service:
        yield service


@pytest.fixture(params=["query", "gateway"])
def client(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of the registry, at its own port and through the gateway."""
    service: Service = request.getfixturevalue(request.param)
    with httpx.Client(base_url=service.url, headers=HEADERS, timeout=20) as opened:
        yield opened


def filled(text: str, prefix: str) -> str:
    """The text of a row with the names of this world."""
    values = {name: f"{prefix}{family}.cart.v1-value" for name, family in
              (("s", "events"), ("i", "ingest"), ("d", "dlq"))}  # fmt: skip
    first, *_, last = schemas_of("cart")
    values |= {"p": prefix, "id": str(last.id), "first_id": str(first.id)}
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def body_of(row: dict[str, Any]) -> bytes | None:
    if "body" not in row:
        return None
    schema = schema_of("cart").text if row["body"] == "cart" else '{"type": "nonsense"}'
    return json.dumps({"schema": schema, "schemaType": "AVRO"}).encode()


def test_each_row_is_answered_as_by_confluents(client: httpx.Client, module_world: World) -> None:
    prefix = module_world.settings.topic_prefix
    wrong = []
    for row in ROWS:
        answer = client.request(
            row.get("method", "GET"), filled(row["path"], prefix), content=body_of(row)
        )
        told = f"{row} got {answer.status_code} {answer.text[:300]}"
        got = answer.json()
        held = [
            answer.status_code == row.get("status", 200),
            answer.headers["content-type"] == MEDIA,
        ]
        if "answer" in row:
            held.append(got == json.loads(filled(row["answer"], prefix)))
        if "code" in row:
            held += [set(got) == {"error_code", "message"}, got["error_code"] == row["code"]]
            held.append(got["message"] == row.get("message", got["message"]))
        if "fields" in row:
            entries = got if isinstance(got, list) else [got]
            held.append(all(sorted(entry) == row["fields"] for entry in entries))
            held.append(len(entries) == row.get("count", 1))
        if not all(held):
            wrong.append(told)
    assert not wrong, "\n".join(wrong)


def test_pages_join_to_the_whole_list(client: httpx.Client) -> None:
    whole = client.get("/subjects").json()
    pages = [client.get(f"/subjects?offset={at}&limit=3").json() for at in range(0, len(whole), 3)]
    assert [name for page in pages for name in page] == whole == sorted(whole)
    listed = client.get("/schemas").json()
    of_each = {name: client.get(f"/subjects/{name}/versions").json() for name in whole}
    assert [(entry["subject"], entry["version"]) for entry in listed] == [
        (name, version) for name in whole for version in of_each[name]
    ]


def test_head_answers_without_a_body(client: httpx.Client) -> None:
    answer = client.head("/subjects")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Basic bWU6c3NrX25vbmU="}])
def test_a_refused_key_is_told_in_their_shape(
    client: httpx.Client, sent: dict[str, str], module_world: World
) -> None:
    answer = client.get("/subjects", headers=OUTSIDE | sent)
    assert (answer.status_code, answer.json()["error_code"]) == (401, 401)
    assert answer.headers["content-type"] == MEDIA
    # Elsewhere errors keep their own shape.
    assert client.get("/api/streams").json()["status"] == "error"
    key = keys.home_key(Path(module_world.settings.home))
    assert client.get("/subjects", headers=OUTSIDE, auth=("me", key)).status_code == 200


def test_a_limit_is_told_in_their_shape(module_world: World, query: Service) -> None:
    settings = module_world.settings.model_copy(
        update={"limit_reads_per_minute": 1, "gateway_port": module_world.settings.delivery_port}
    )
    with running("gateway", settings) as service:
        answers = [httpx.get(f"{service.url}/subjects") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error_code"] == 429
    assert int(answers[1].headers["Retry-After"]) > 0
    assert answers[1].headers["content-type"] == MEDIA


def test_without_a_registry_behind_it_a_gateway_knows_no_such_paths(module_world: World) -> None:
    settings = module_world.settings.model_copy(
        update={"gateway_proxy_reads": False, "gateway_port": module_world.settings.delivery_port}
    )
    with running("gateway", settings) as service:
        assert httpx.get(f"{service.url}/subjects").json()["code"] == "NOT_FOUND"
