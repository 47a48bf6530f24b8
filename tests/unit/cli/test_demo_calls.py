"""What the demo asks of the API beside its beacons: it waits where it has asked too often."""

from __future__ import annotations

import httpx
import pytest

from storepulse.cli.demo_calls import administration, verdict_of_experiment
from storepulse.demo.scenes.stage import Stage
from storepulse.demo.traffic import Plan
from storepulse.domain.errors import Transient

CLIENT = httpx.Client
RUN = Plan(7, 1_795_219_200_000)
TEST_ID = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"


def serve(monkeypatch: pytest.MonkeyPatch, *answers: httpx.Response) -> list[str]:
    """An API that gives these answers, one after the other; the paths that were called."""
    called: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request.url.path)
        return answers[len(called) - 1]

    def client(**more: object) -> httpx.Client:
        return CLIENT(transport=httpx.MockTransport(answer), base_url=str(more["base_url"]))

    monkeypatch.setattr(httpx, "Client", client)
    return called


def test_a_call_too_many_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = httpx.Response(429, headers={"retry-after": "0"}, json={})
    called = serve(monkeypatch, refused, refused, httpx.Response(201, json={"data": 1}))
    with administration("http://gateway", "") as call:
        assert call("POST", "/api/stores", {}) == (201, {"data": 1})
    assert called == ["/api/stores"] * 3


def test_the_verdict_is_that_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"name": "Green button", "results": {"verdict": {"sentence": "Too early to say."}}}
    called = serve(monkeypatch, httpx.Response(200, json={"data": data}))
    stage = Stage(RUN, RUN.start, test_id=TEST_ID)
    assert verdict_of_experiment("http://gateway", "", stage) == {
        "test_id": TEST_ID,
        "name": "Green button",
        "verdict": "Too early to say.",
    }
    (path,) = called
    assert path.endswith(f"/test/{TEST_ID}/results")


def test_without_an_experiment_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    called = serve(monkeypatch)
    assert verdict_of_experiment("http://gateway", "", Stage(RUN, RUN.start)) is None
    assert called == []


def test_results_that_cannot_be_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, httpx.Response(503, json={}))
    stage = Stage(RUN, RUN.start, test_id=TEST_ID)
    with pytest.raises(Transient, match="answers 503"):
        verdict_of_experiment("http://gateway", "", stage)
