"""Every hostile text in every parameter of the query service, and every hostile body.

A text that a parameter cannot be gets 400, 404 or 422; one that it can be gets an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from tests.data.hostile.documents import VALUES, bodies, fields
from tests.data.hostile.strings import STRINGS
from tests.integration.hostile.conftest import Stack
from tests.integration.hostile.sending import Answered, Sent, post, request

from storepulse.adapters.http.registry_errors import CONTENT_TYPE as REGISTRY_TYPE
from storepulse.adapters.settings import Settings
from storepulse.query.app import openapi

pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(300)]

ID = "e3333333-3333-4333-8333-333333333333"
#: What a parameter without a default gets, and what stands in a path.
USUAL = {
    "store_id": ID, "page": "/", "version": "1", "schema_id": "1", "destination": "none",
    "stream": "landing",
}  # fmt: skip
DOCUMENT: dict[str, Any] = openapi(Settings())
#: The share of the texts and documents that runs in every test run.
SHARE = 16
#: Paths whose interface asks for another shape of errors, and ignores what it does not know.
REGISTRY = (
    "/subjects", "/schemas", "/config", "/mode", "/contexts", "/compatibility", "/v1/metadata",
)  # fmt: skip

#: Text of an address that is no UTF-8, or is cut short: as bytes, percent-encoded.
RAW = (
    "%ED%A0%80", "%ff", "%C0%AF", "%f4%90%80%80", "%e2%82", "%80", "%00", "%", "%2", "%zz",
    "%u0041", "%25", "%2500", "%0d%0aX-Forged:%201", "9" * 400, "-1", "0", "1e400", "0000-01-01",
    "99999-01-01", "9999-12-31T23:59:60Z", "-0001-01-01", "9223372036854775808", "%7B%7D",
    "%5B%5D", "a" * 3_000,
    "WyJzZXNzaW9ucyIsMSwiXHVkODAwIl0", "bnVsbA", "W10", "e30", "=", "==", "null", "true", "NaN",
)  # fmt: skip


def operations(method: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        if method in methods:
            yield path, methods[method]


def target(path: str, parameters: list[dict[str, Any]], name: str, text: str) -> str:
    """The address with one parameter set to a text, encoded already, and the needed ones usual."""
    query: list[str] = []
    for parameter in parameters:
        called = parameter["name"]
        value = text if called == name else USUAL.get(called, ID)
        if parameter["in"] == "path":
            path = path.replace(f"{{{called}}}", value)
        elif parameter["in"] == "query" and (parameter.get("required") or called == name):
            query.append(f"{called}={value}")
    return path + ("?" + "&".join(query) if query else "")


def reads(share: int) -> Iterator[Sent]:
    """Every text in every parameter, then each parameter twice, and one that nobody knows."""
    encoded = [*RAW, *(quote(text, safe="") for text in STRINGS)]
    turn = 0
    for path, operation in operations("get"):
        parameters = [p for p in operation.get("parameters", ()) if p["in"] in ("path", "query")]
        for name in [parameter["name"] for parameter in parameters]:
            turn += 1
            texts = [*RAW, *encoded[turn % share :: share]]
            yield from (
                Sent(
                    f"{path} {name}={text[:60]}",
                    request("GET", target(path, parameters, name, text)),
                )
                for text in texts
            )
            twice = target(path, parameters, name, "1")
            if f"{name}=" in twice:
                yield Sent(f"{path} {name} twice", request("GET", f"{twice}&{name}=1"))
        plain = target(path, parameters, "", "")
        for text in encoded[turn % share :: share]:
            mark = "&" if "?" in plain else "?"
            yield Sent(f"{path} ?{text[:60]}", request("GET", f"{plain}{mark}{text}={text}"))


def keyed(stack: Stack, requests: Iterable[Sent]) -> list[Sent]:
    """The same requests with a key that may do everything."""
    key = f"X-Api-Key: {stack.key}\r\nHost: ".encode()
    return [Sent(one.name, one.request.replace(b"Host: ", key, 1)) for one in requests]


def check(answers: list[Answered]) -> None:
    for answer in answers:
        # One key watches eight times at once, and that we have left is noticed a moment later.
        is_watched = answer.sent.name.startswith("/api/analytics/live ") and answer.status == 429
        assert is_watched or answer.status in (200, 400, 404, 414, 422), str(answer)
        assert "x-forged" not in answer.headers, str(answer)
        if answer.status < 400:
            continue
        document = answer.json
        assert document["message"], str(answer)
        if answer.headers["content-type"] != REGISTRY_TYPE:
            assert ("details" in document) != ("code" in document), str(answer)


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.long)])
def test_every_parameter_takes_any_text(stack: Stack, share: int) -> None:
    answers = stack.ask(keyed(stack, reads(share)))
    assert max(answer.seconds for answer in answers) < 5
    check(answers)
    assert len(answers) > 3_000
    refused = [
        a for a in answers if " twice" in a.sent.name and not a.sent.name.startswith(REGISTRY)
    ]
    assert refused
    assert {answer.status for answer in refused} == {400}


@pytest.mark.parametrize("text", RAW[:6])
def test_an_address_that_is_no_utf_8_is_refused_everywhere(stack: Stack, text: str) -> None:
    for place in ("path", "query"):
        sent = [
            Sent(path, request("GET", target(path, operation["parameters"], p["name"], text)))
            for path, operation in operations("get")
            for p in operation.get("parameters", ())
            if p["in"] == place
        ]
        for answer in stack.ask(keyed(stack, sent)):
            if place == "path":
                assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND"), str(answer)
            elif answer.sent.name.startswith(REGISTRY):
                assert (answer.status, answer.json["error_code"]) == (400, 400), str(answer)
                assert answer.json["message"] == "query is not valid UTF-8"
            else:
                assert answer.status == 400, str(answer)
                assert answer.json["details"]["reason"] == "is not valid UTF-8"


REPLAY: dict[str, Any] = {
    "ids": [ID], "patch": [{"op": "remove", "path": "/ip"}], "max": 5, "dry_run": True,
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "/api/dead-letters/replay": REPLAY,
    "/api/dead-letters/discard": {"ids": [ID], "why": "x", "dry_run": True},
    "/api/dead-letters/reopen": {"id": ID, "why": "x"},
    f"/api/delivery/events/{ID}/resend": {"destination": "none", "again": False},
    "/api/destinations": {
        "name": "a", "kind": "nothing", "config": {"url": "https://a.example/"},
        "secrets": {"a": "b"},
        "streams": [], "types": [], "consent": [], "retry_seconds": [1], "store_id": None,
        "batch_events": 1, "batch_seconds": 1, "max_in_flight": 1, "rate_per_second": 1,
        "timeout_seconds": 1, "ordered": False, "include_bots": False,
    },
    "/api/destinations/none/secrets": {"name": "signing", "value": "x"},
    "/subjects/none": {"schema": '"int"', "schemaType": "AVRO"},
    "/subjects/{subject}/versions": {"schema": '"int"', "schemaType": "AVRO"},
    "/compatibility/subjects/{subject}/versions/latest": {"schema": '"int"', "references": []},
}  # fmt: skip


def nested(event: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Values of every kind inside what a body's fields hold."""
    for name, holds in (("filter", "reason"), ("config", "headers"), ("secrets", "signing")):
        for what, value in VALUES.items():
            inner = '{"%s":%s}' % (holds, value)  # noqa: UP031 - full of braces
            text = json.dumps({k: v for k, v in event.items() if k not in (name, "ids")})
            yield f"{name}.{holds}: {what}", f'{text[:-1]},"{name}":{inner}}}'.encode()
    for what, value in VALUES.items():
        for member in ("op", "path", "from", "value", "more"):
            operation = f'{{"op":"copy","path":"/a","from":"/b","value":1,"{member}":{value}}}'
            yield (
                f"patch.{member}: {what}",
                f'{{"all":true,"dry_run":true,"patch":[{operation}]}}'.encode(),
            )
    for text in STRINGS:
        yield (
            f"patch of {text[:40]!r}",
            json.dumps(
                {
                    "all": True,
                    "dry_run": True,
                    "patch": [{"op": "test", "path": text, "value": text}],
                }
            ).encode(),
        )


def documents(share: int, subject: str) -> Iterator[Sent]:
    for turn, (path, good) in enumerate(BODIES.items()):
        made = [*bodies(good), *fields(good, list(good)), *nested(good)]
        for name, document in made[turn % share :: share]:
            address = path.replace("{subject}", subject)
            yield Sent(f"{path} {name}", post(address, document))


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.long)])
def test_every_document_is_answered(stack: Stack, share: int) -> None:
    subject = f"{stack.world.settings.topic_prefix}events.cart.v1-value"
    sent = list(documents(share, subject))
    answers = stack.ask(keyed(stack, sent))
    assert max(answer.seconds for answer in answers) < 5
    for answer in answers:
        assert answer.status in (200, 400, 404, 409, 422), str(answer)
        if answer.sent.name.startswith(REGISTRY):
            assert answer.status == 200 or answer.json["error_code"], str(answer)
        else:
            assert answer.status != 422, str(answer)
    for answer in stack.ask(sent):
        if not answer.sent.name.startswith(REGISTRY):
            assert answer.status in (400, 401), str(answer)
    with stack.world.connect() as connection:
        assert connection.execute("SELECT count(*) FROM destinations").fetchone() == (0,)
    stack.check_sound()
