"""The query service's OpenAPI document against the running service, by generated requests."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.generated_records import SEED
from tests.support.services import running
from tests.support.world import World

from storepulse.adapters.settings import Settings
from storepulse.query.app import openapi

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


def test_the_service_answers_as_it_documents(world: World) -> None:
    with running("query", world.settings) as service:
        schema = schemathesis.openapi.from_dict(openapi(world.settings))
        schema.config.update(base_url=service.url)
        operations = [result.ok() for result in schema.get_all_operations()]
        assert len(operations) > 25
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                try:
                    _try(operation.as_strategy(generation_mode=mode), world.headers)
                except Unsatisfiable:
                    # Nothing can be wrong with a request without parameters.
                    assert mode is GenerationMode.NEGATIVE


def _try(cases: st.SearchStrategy[Any], headers: dict[str, str]) -> None:
    @seed(SEED)
    @settings(
        max_examples=5, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases)
    def send(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers)

    send()


def test_the_document_is_served_and_never_mentions_422_of_fastapi() -> None:
    document = openapi(Settings())
    assert document["openapi"].startswith("3.")
    activity = document["paths"]["/api/customer-activity"]["get"]
    assert set(activity["responses"]) == {"200", "400", "401", "403", "503"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize("path", ["/api/customer-activity", "/api/cart-tracking/events"])
def test_parameters_are_documented(path: str) -> None:
    parameters = openapi(Settings())["paths"][path]["get"]["parameters"]
    assert {"from", "to", "limit", "cursor", "include_bots"} <= {p["name"] for p in parameters}
    assert all(p.get("description") for p in parameters)


def test_the_served_document_is_the_printed_one(world: World) -> None:
    with running("query", world.settings) as service:
        assert httpx.get(service.url + "/openapi.json").json() == openapi(world.settings)
