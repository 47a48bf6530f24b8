"""Declarations of destinations that nobody wrote in good faith: refused by the field, or kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.data.hostile.documents import VALUES
from tests.data.hostile.strings import STRINGS
from tests.integration.hostile.conftest import Stack
from tests.integration.hostile.sending import Answered, Sent, request

pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(300)]

ROOT = "/api/destinations"
#: The share of the declarations that runs in every test run.
SHARE = 9
_MARK = "\u0001"

KINDS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "webhook": ({"url": "https://a.example/", "headers": {"X-Shop": "a"}}, {}),
    "ga4": ({"measurement_id": "G-ABC", "endpoint": "https://a.example", "debug": True},
            {"api_secret": "x"}),
    "meta_capi": ({"pixel_id": "1", "endpoint": "https://a.example"}, {"access_token": "x"}),
    "image_archive": ({"account_id": "a", "endpoint": "https://a.example"}, {"api_token": "x"}),
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "name": "x", "kind": "webhook", "store_id": None, "streams": ["cart"], "types": ["page_view"],
    "consent": ["marketing"], "include_bots": False, "ordered": False, "batch_events": 5,
    "batch_seconds": 1, "max_in_flight": 1, "rate_per_second": 1, "retry_seconds": [1],
    "timeout_seconds": 1,
}  # fmt: skip


URL = {"url": "https://a.example/"}


def texts() -> Iterator[str]:
    """Every value and text, as JSON."""
    yield from VALUES.values()
    yield from map(json.dumps, STRINGS)


def spoilt(declaration: dict[str, Any], part: str, member: str | None) -> Iterator[bytes]:
    """The declaration with one part, or a member of it, replaced by each of them."""
    inside = {**declaration[part], member: _MARK} if member is not None else _MARK
    text = json.dumps({**declaration, part: inside})
    for value in texts():
        yield text.replace(json.dumps(_MARK), value, 1).encode()


def declarations() -> Iterator[bytes]:
    for number, (kind, (config, secrets)) in enumerate(KINDS.items()):
        good = {
            "name": f"d{number}", "kind": kind, "config": config, "secrets": secrets,
            "streams": ["activity"],
        }  # fmt: skip
        for part, members in (("config", config), ("secrets", secrets)):
            for member in (None, *members, "surprise"):
                yield from spoilt(good, part, member)
    for name, usual in OPTIONS.items():
        yield from spoilt({"name": "d", "config": URL, name: usual}, name, None)
    for text in STRINGS:
        headers = {"url": "https://a.example/", "headers": {text: text}}
        yield json.dumps({"name": "d", "config": headers}).encode()
        yield json.dumps({"name": "d", "config": {"url": f"https://{text}/"}}).encode()
        yield json.dumps({"name": "d", "config": {"url": f"https://a.example/{text}"}}).encode()


def call(stack: Stack, method: str, bodies: list[bytes], path: str = ROOT) -> list[Answered]:
    headers = [("X-Api-Key", stack.key.encode()), ("Content-Type", b"application/json")]
    return stack.ask(
        Sent(f"{method} {path} {body[:200]!r}", request(method, path, body, headers))
        for body in bodies
    )


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.long)])
def test_every_declaration_is_refused_by_its_field_or_kept(stack: Stack, share: int) -> None:
    (first,) = call(stack, "POST", [json.dumps({"name": "first", "config": URL}).encode()])
    assert first.status == 201, str(first)
    # Names differ, so that each is refused for what it is, or goes as far as the database.
    made = [
        body.replace(b'"name": "d', b'"name": "d%d-' % number)
        for number, body in enumerate(list(declarations())[::share])
    ]
    answers = call(stack, "POST", made)
    assert max(answer.seconds for answer in answers) < 5
    for answer in answers:
        assert answer.status in (201, 400), str(answer)
    assert sum(answer.status == 201 for answer in answers) > 10
    changes = [body for body in made if b'"kind"' not in body and b'"secrets"' not in body]
    identity = first.json["data"]["destination_id"]
    for answer in call(stack, "PATCH", changes, f"{ROOT}/{identity}"):
        assert answer.status in (200, 400), str(answer)
    listed = call(stack, "GET", [b""])[0].json["data"]
    for entry in listed:
        (answer,) = call(stack, "DELETE", [b""], f"{ROOT}/{entry['destination_id']}")
        assert answer.status == 200, str(answer)
    stack.check_sound()
