"""The query service's OpenAPI document against the running service, by generated requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from tests.support.documented_answers import check_answers
from tests.support.services import Service, running
from tests.support.world import World

from storepulse.access import keys
from storepulse.adapters.settings import Settings
from storepulse.query.app import openapi

#: Requests of each kind and operation; the larger number is for long runs.
EXAMPLES = [4, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(1_500)])]


@pytest.fixture(scope="module")
def service(module_world: World) -> Iterator[Service]:
    with running("query", module_world.settings) as opened:
        yield opened


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("keyed", [False, True], ids=["without a key", "with a key"])
def test_the_service_answers_as_it_documents(
    service: Service, module_world: World, examples: int, *, keyed: bool
) -> None:
    schema = schemathesis.openapi.from_dict(openapi(module_world.settings))
    schema.config.update(base_url=service.url)
    headers = {"X-Api-Key": _new_key(module_world)} if keyed else {}
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    if keyed:  # Then live events are told without end.
        operations = [one for one in operations if one.path != "/api/analytics/live"]
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                check_answers(operation.as_strategy(generation_mode=mode), headers, examples)
            except Unsatisfiable:
                # Nothing can be wrong with a request without parameters.
                assert mode is GenerationMode.NEGATIVE
    log = service.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3_000]


def _new_key(world: World) -> str:
    """A secret key that may do everything."""
    key = keys.new_key("secret")
    with world.connect() as connection:
        scopes = ["ingest", "read", "ops", "admin"]
        keys.store_key(connection, key, kind="secret", scopes=scopes)
    return key


def test_the_document_is_served_and_never_mentions_422_of_fastapi() -> None:
    document = openapi(Settings())
    assert document["openapi"].startswith("3.")
    activity = document["paths"]["/api/customer-activity"]["get"]
    assert set(activity["responses"]) == {"200", "400", "401", "403", "414", "429", "503"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize("path", ["/api/customer-activity", "/api/cart-tracking/events"])
def test_parameters_are_documented(path: str) -> None:
    parameters = openapi(Settings())["paths"][path]["get"]["parameters"]
    assert {"from", "to", "limit", "cursor", "include_bots"} <= {p["name"] for p in parameters}
    assert all(p.get("description") for p in parameters)


def test_the_served_document_is_the_printed_one(service: Service) -> None:
    assert httpx.get(service.url + "/openapi.json").json() == openapi(service.settings)
