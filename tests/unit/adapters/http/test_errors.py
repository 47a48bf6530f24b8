"""One table says what an exception is answered, for every service."""

from __future__ import annotations

import json

import pytest

from storepulse.adapters.http.errors import (
    RequestRefused,
    error_body,
    refusal_of_error,
)
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.postgres.pool import StatementTimeout
from storepulse.domain.errors import REQUIRED, Rejected, Transient
from storepulse.query.errors import error_response_of

AWAY = {
    "status": "error",
    "error": "Service Unavailable",
    "message": "Database service unavailable",
    "code": "DATABASE_UNAVAILABLE",
}


@pytest.mark.parametrize(
    ("error", "status", "message", "code", "headers"),
    [
        (RequestRefused(409, "m", "C"), 409, "m", "C", ()),
        (Rejected("x", "is above 5"), 400, "x is above 5", None, ()),
        (Rejected("x", REQUIRED), 400, "x is required", None, ()),
        (Rejected("", "The body is empty"), 400, "The body is empty", None, ()),
        (Transient("PostgreSQL"), 503, AWAY["message"], AWAY["code"], ((b"retry-after", b"2"),)),
        (StatementTimeout(), 503, AWAY["message"], AWAY["code"], ((b"retry-after", b"2"),)),
        (KeyError("a secret"), 500, "The request failed", "SERVER_ERROR", ()),
    ],
)
def test_an_exception_has_one_answer(
    error: Exception,
    status: int,
    message: str,
    code: str | None,
    headers: tuple[tuple[bytes, bytes], ...],
) -> None:
    refusal = refusal_of_error(error)
    assert (refusal.status, refusal.message, refusal.code) == (status, message, code)
    assert refusal.headers == headers


def test_a_service_says_more_about_faults_that_it_knows() -> None:
    faults = {StatementTimeout: ("Too slow", "SLOW")}
    assert refusal_of_error(StatementTimeout(), faults).code == "SLOW"
    assert refusal_of_error(Transient("x"), faults).code == AWAY["code"]
    assert json.loads(bytes(error_response_of(StatementTimeout()).body))["code"] == (
        "DATABASE_TIMEOUT"
    )


def test_a_body_has_details_or_a_code_and_names_bad_events() -> None:
    assert json.loads(error_body(refusal_of_error(Transient("x")))) == AWAY
    refusal = refusal_of_error(Rejected("events[1].x", "is above 5"))
    refusal.rejected = [{"index": 1}]
    assert json.loads(error_body(refusal)) == {
        "status": "error",
        "error": "Validation Error",
        "message": "events[1].x is above 5",
        "details": {"field": "events[1].x", "reason": "is above 5"},
        "rejected": [{"index": 1}],
    }


def test_a_response_carries_the_refusals_headers() -> None:
    response = response_of(RequestRefused.rate_limited("Slow down", 7))
    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert response.headers["content-type"] == "application/json"
