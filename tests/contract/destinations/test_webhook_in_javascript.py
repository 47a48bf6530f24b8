"""What we sign, judged by npm's `standardwebhooks`, as receivers in JavaScript use it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.delivered_events import batch, event
from tests.support.http_messages import Request
from tests.support.node_packages import installed_packages
from tests.support.receiver import Receiver

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules.model import Destination
from storepulse.domain.signing import new_secret

HERE = Path(__file__).parent / "receiver_js"
OLD, NEW, OTHER = (new_secret(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture(scope="module")
def library() -> Path:
    """A folder with the library as the lock file pins it; installed once a machine."""
    return installed_packages(HERE)


def verdicts(library: Path, *asked: tuple[str, Mapping[str, str], bytes]) -> list[str]:
    lines = [
        json.dumps({"secret": secret, "headers": dict(headers), "body": body.decode()})
        for secret, headers, body in asked
    ]
    done = subprocess.run(
        ["node", str(HERE / "verify.js")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "NODE_PATH": str(library / "node_modules")},
    )
    return done.stdout.splitlines()


async def sent(at: datetime) -> Request:
    """A webhook as it arrived, signed with the new and the old secret."""
    to = Destination("d-1", "saas", "webhook", secrets={"signing": [NEW, OLD]})
    with Receiver() as server:
        async with SafeClient("private") as client:
            to = replace(to, config={"url": server.url})
            await KINDS["webhook"].send(to, batch(event("activity"), event("cart")), client, at)
    return server.requests[0]


# The first time on a machine, npm itself may have to be installed.
@pytest.mark.timeout(900)
async def test_the_library_takes_what_we_sign_and_nothing_else(library: Path) -> None:
    now = datetime.now(UTC)
    fresh, stale = await sent(now), await sent(now - timedelta(hours=1))
    headers = fresh.headers
    found = verdicts(
        library,
        (NEW, headers, fresh.body),
        (OLD, headers, fresh.body),
        (OTHER, headers, fresh.body),
        (NEW, headers, fresh.body.replace(b"119.9800", b"009.9800")),
        (NEW, {**headers, "webhook-id": "msg_0"}, fresh.body),
        (NEW, stale.headers, stale.body),
    )
    assert found[:2] == ["ok", "ok"]
    assert found[2:5] == ["No matching signature found"] * 3
    assert found[5] == "Message timestamp too old"
