"""What holds for every kind of destination, the ones to come included."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.delivered_events import NOW, batch, event
from tests.support.receiver import Receiver, refusing_url

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.webhook_body import body_of
from storepulse.domain.errors import Rejected
from storepulse.domain.signing import new_secret

PAGE = (Path(__file__).parents[3] / "docs" / "destinations.md").read_text("utf-8")
ACCOUNT = "0123456789abcdef0123456789abcdef"


def declared(base: str) -> dict[str, tuple[dict[str, Any], dict[str, list[str]]]]:
    """A declaration of each kind whose receiver is at `base`."""
    return {
        "webhook": ({"url": base}, {"signing": [new_secret(bytes(32))]}),
        "ga4": ({"measurement_id": "G-ABC123", "endpoint": base}, {"api_secret": ["s3cr3t"]}),
        "meta_capi": ({"pixel_id": "1234567890", "endpoint": base}, {"access_token": ["s3cr3t"]}),
        "image_archive": ({"account_id": ACCOUNT, "endpoint": base}, {"api_token": ["s3cr3t"]}),
    }


def test_every_kind_is_declared_here_and_documented() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.max_events >= 1
        assert f"\n## {name}\n" in PAGE
        assert name in declared("https://a.example")


def complaint(name: str, config: dict[str, Any], secrets: dict[str, list[str]]) -> str:
    """Why the declaration is refused; "" where it is not."""
    try:
        KINDS[name].check(config, secrets)
    except Rejected as rejected:
        return rejected.reason
    return ""


@pytest.mark.parametrize("name", KINDS)
def test_every_field_of_a_declaration_is_documented(name: str) -> None:
    config, secrets = declared("https://a.example")[name]
    KINDS[name].check(config, secrets)
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"`(config|secrets)\.(\w+)`", section))
    for part, fields in (("config", config), ("secrets", secrets)):
        assert {(part, field) for field in fields} <= documented
    # And nothing is documented that is refused as unknown.
    for part, field in documented:
        changed = {"config": dict(config), "secrets": dict(secrets)}
        changed[part].setdefault(field, ["x"])
        assert "is not a field" not in complaint(name, changed["config"], changed["secrets"])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("base", ["http://169.254.169.254", "https://nowhere.invalid", "gone"])
async def test_a_receiver_that_cannot_be_reached_is_tried_again(name: str, base: str) -> None:
    """Whatever is wrong on the way to it, it is said in the outcome and never raised."""
    carried = "data:image/gif;base64,R0lGODlhAQABAAAAADs="
    one = event(consent_marketing="granted", metadata=json.dumps({"image": carried}))
    with refusing_url() as refusing:
        config, secrets = declared(refusing if base == "gone" else base)[name]
        to = Destination("d-1", "d", name, config=config, secrets=secrets, timeout_seconds=10.0)
        async with SafeClient("private") as client:
            outcome = await KINDS[name].send(to, batch(one), client, NOW)
    assert outcome.verdict == "retry"
    assert outcome.error
    assert "s3cr3t" not in outcome.error
    assert 0 <= outcome.seconds < 60


async def test_the_documented_webhook_is_what_is_sent() -> None:
    example = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    assert example == json.loads(body_of([event("landing")], is_single=False))
    signing = {"signing": [new_secret(bytes(32))]}
    with Receiver() as server:
        to = Destination("d-1", "d", "webhook", config={"url": server.url}, secrets=signing)
        async with SafeClient("private") as client:
            await KINDS["webhook"].send(replace(to), batch(event("landing")), client, NOW)
    request = server.requests[0]
    assert request.json == example
    head = PAGE.split("```http\n")[1].split("```")[0].splitlines()[1:]
    for line in head:
        header, value = line.split(": ", 1)
        expected = request.headers[header]
        assert value == expected or header == "webhook-signature"
