"""The OpenAPI document against the running gateway, by generated requests."""

from __future__ import annotations

import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_headers_conformance
from tests.integration.gateway.wire import CLICK, HEATMAP, get, post
from tests.support.documented_answers import CHECKS, check_answers
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.adapters.settings import load
from storepulse.gateway.endpoints import endpoints
from storepulse.gateway.openapi import openapi

#: Of Segment's paths, which are alike, one message and one batch.
PATHS = [
    path
    for path, endpoint in endpoints(load({})).items()
    if not endpoint.is_segment or path in ("/v1/track", "/v1/batch")
]


@pytest.fixture(scope="module")
def key(gateway: Service, module_world: World) -> str:
    """A secret key that the gateway knows."""
    made = new_key("secret")
    with module_world.connect() as connection:
        store_key(connection, made, kind="secret", scopes=["ingest", "read", "ops", "admin"])
    port = gateway.settings.gateway_port
    wait_until(
        lambda: post(port, HEATMAP, CLICK, X_Api_Key=made).status == 202, "the key", seconds=10
    )
    return made


@pytest.mark.parametrize("examples", [8, pytest.param(150, marks=pytest.mark.long)])
@pytest.mark.parametrize("keyed", [False, True], ids=["without a key", "with a key"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", PATHS)
def test_the_gateway_answers_as_it_documents(
    gateway: Service, key: str, path: str, mode: GenerationMode, examples: int, *, keyed: bool
) -> None:
    schema = schemathesis.openapi.from_dict(openapi(gateway.settings))
    schema.config.update(base_url=gateway.url)
    headers = {"X-Api-Key": key} if keyed else {}
    cases = schema[path]["POST"].as_strategy(generation_mode=mode)
    check_answers(cases, headers, examples, response_headers_conformance)


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/tracker.js"]
)
def test_the_gateways_own_paths_answer_as_documented(gateway: Service, path: str) -> None:
    schema = schemathesis.openapi.from_dict(openapi(gateway.settings))
    schema.config.update(base_url=gateway.url)
    named = {"file": "heatmap.js"} if "{" in path else None
    schema[path]["GET"].Case(path_parameters=named).call_and_validate(
        checks=(*CHECKS, response_headers_conformance)
    )


def test_the_served_document_is_the_printed_one(gateway: Service) -> None:
    assert get(gateway.settings.gateway_port, "/openapi.json").json == openapi(gateway.settings)
