"""The receivers in docs/webhooks.md, as they stand there, take what we sign and nothing else."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storepulse.domain.signing import new_secret, signature_header
from storepulse.local.java import install

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET, OTHER = new_secret(bytes(32)), new_secret(bytes([1]) * 32)
BODY = '{"type":"cart.add","data":{"event_id":"é"}}'.encode()
#: Calls `verify` with what comes in as JSON, and says what it threw.
HARNESS = """
const { secret, headers, body } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
try { verify(secret, headers, Buffer.from(body, "base64")); console.log("taken"); }
catch (error) { console.log(error.message); }
"""


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def python_verdict(headers: dict[str, str], body: bytes) -> str:
    names: dict[str, Any] = {}
    exec(compile(example("python"), PAGE, "exec"), names)  # noqa: S102 - our own page
    try:
        names["verify"](SECRET, headers, body)
    except ValueError as error:
        return str(error)
    return "taken"


def node_verdict(headers: dict[str, str], body: bytes) -> str:
    sent = {"secret": SECRET, "headers": headers, "body": base64.b64encode(body).decode()}
    done = subprocess.run(
        ["node", "-e", example("js") + HARNESS], input=json.dumps(sent), capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture(params=["python", "node"])
def verdict(request: pytest.FixtureRequest) -> Callable[[dict[str, str], bytes], str]:
    if request.param == "python":
        return python_verdict
    if shutil.which("node") is None and not install(("nodejs",), os.environ, print):
        pytest.fail("node is missing; install it with: sudo apt-get install -y nodejs")
    return node_verdict


def signed(secrets: list[str], at: float | None = None) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature_header(secrets, "msg_1", timestamp, BODY),
    }


def test_a_receiver_judges_as_it_should(verdict: Callable[[dict[str, str], bytes], str]) -> None:
    assert verdict(signed([SECRET]), BODY) == "taken"
    assert verdict(signed([OTHER, SECRET]), BODY) == "taken"
    assert verdict(signed([OTHER]), BODY) == "no signature matches"
    assert verdict(signed([SECRET]), BODY + b" ") == "no signature matches"
    assert verdict(signed([SECRET]) | {"webhook-id": "msg_2"}, BODY) == "no signature matches"
    assert verdict(signed([SECRET], time.time() - 600), BODY).startswith("the timestamp")
    assert verdict(signed([SECRET], time.time() + 600), BODY).startswith("the timestamp")
