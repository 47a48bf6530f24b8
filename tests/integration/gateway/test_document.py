"""The OpenAPI document against the running gateway, by generated requests."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.integration.gateway.wire import get
from tests.support.generated_records import SEED
from tests.support.services import Service

from storepulse.adapters.settings import load
from storepulse.gateway.endpoints import endpoints
from storepulse.gateway.openapi import openapi

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", endpoints(load({})))
def test_the_gateway_answers_as_it_documents(
    gateway: Service, path: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(openapi(gateway.settings))
    schema.config.update(base_url=gateway.url)

    @seed(SEED)
    @settings(
        max_examples=15, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(schema[path]["POST"].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    send()


def test_the_served_document_is_the_printed_one(gateway: Service) -> None:
    assert get(gateway.settings.gateway_port, "/openapi.json").json == openapi(gateway.settings)
