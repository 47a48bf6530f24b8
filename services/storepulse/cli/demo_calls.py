"""The API calls of `storepulse demo` beside its beacons: secrets, scenes and figures."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from storepulse.domain.errors import Transient

if TYPE_CHECKING:
    from storepulse.demo.scenes.phone_orders import Put
    from storepulse.demo.scenes.stage import Stage
    from storepulse.demo.sender import BeaconSender
    from storepulse.demo.shop_secrets import Call, ShopSecrets
    from storepulse.demo.traffic import Plan


@contextmanager
def administration(base: str, key: str) -> Iterator[Call]:
    """Yields a function that calls the API with the run's key. It waits if the rate limit is
    reached, and raises Transient without an answer."""
    import httpx

    headers = {"x-api-key": key}
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as client:

        def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
            try:
                answer = client.request(method, path, json=body)
            except httpx.HTTPError as error:
                raise Transient(f"no answer from {base}: {error}") from error
            if answer.status_code == 429:
                time.sleep(float(answer.headers.get("retry-after", "1")))
                return call(method, path, body)
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            return answer.status_code, answer.json() if is_json else {}

        yield call


def entered_secrets(base: str, key: str, plan: Plan) -> ShopSecrets | None:
    """Sets and returns the secrets with which shops sign; None if the key may not set them."""
    from storepulse.demo.shop_secrets import ShopSecrets

    secrets_of_shops = ShopSecrets(key)
    with administration(base, key) as call:
        try:
            is_entered = secrets_of_shops.enter(call, plan.stores())
        except Transient:
            return None  # the sender reports which server is unavailable
    return secrets_of_shops if is_entered else None


def prepared_stage(
    base: str, key: str, plan: Plan, *, events: int | None, put: Put | None, with_scenes: bool
) -> Stage:
    """The scenes of the run, prepared if `with_scenes`. `put` writes to Kafka, None without
    access."""
    from storepulse.demo.scenes.stage import LEAST_STORY_EVENTS, Stage

    has_story = events is None or events >= LEAST_STORY_EVENTS
    stage = Stage(plan, int(time.time() * 1000), has_story, put)
    if with_scenes:
        with administration(base, key) as call:
            stage.prepare(call)
    return stage


def end_scenes(base: str, key: str, stage: Stage, sender: BeaconSender) -> list[dict[str, Any]]:
    """Plays the last parts of the scenes. Returns the accepted events."""
    with administration(base, key) as call:
        taken = stage.end(call, sender.tally)
    sender.progress(len(taken))
    return taken


def verdict_of_experiment(base: str, key: str, stage: Stage) -> dict[str, str] | None:
    """The test of the scene `experiment` with its current verdict in words; None without that
    scene. Raises Transient if it cannot be read."""
    from storepulse.demo.scenes.authored_test import results_path
    from storepulse.demo.shops import experiment_shop

    if stage.test_id is None:
        return None
    path = results_path(experiment_shop().store_id, stage.test_id)
    with administration(base, key) as call:
        status, told = call("GET", path, None)
    if status != 200:
        raise Transient(f"{path} answers {status}")
    results = told["data"]
    verdict: str = results["results"]["verdict"]["sentence"]
    return {"test_id": stage.test_id, "name": results["name"], "verdict": verdict}


def verified(base: str, key: str, document: dict[str, Any], seconds: float) -> list[str]:
    """The figures that differ from the counted ones, once all is processed or the time is over.

    Raises Transient if the figures cannot be read.
    """
    import httpx

    from storepulse.demo.told_figures import wrong_figures

    domains = {store: of_store["domain"] for store, of_store in document["stores"].items()}
    counted = {s: of["figures"] for s, of in document["stores"].items() if "figures" in of}
    until = time.monotonic() + seconds
    headers = {"x-api-key": key} if key else {}
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as client:

        def read(path: str, parameters: dict[str, Any]) -> dict[str, Any]:
            try:
                answer = client.get(path, params=parameters)
            except httpx.HTTPError as error:
                raise Transient(f"no answer from {base}: {error}") from error
            if answer.status_code == 429:
                time.sleep(float(answer.headers.get("retry-after", "1")))
                return read(path, parameters)
            if answer.status_code != 200:
                raise Transient(f"{path} answers {answer.status_code}: {answer.text[:200]}")
            told: dict[str, Any] = answer.json()
            return told

        for pause in (0.5 * 2**n for n in itertools.count()):
            # While events are processed, the first wrong figure is enough to wait again.
            wrong = wrong_figures(read, counted, domains=domains)
            if next(wrong, None) is None:
                return []
            if time.monotonic() >= until:
                break
            time.sleep(pause)
        return [*wrong_figures(read, counted, domains=domains)]
