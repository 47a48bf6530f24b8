"""Pages of shops with one fault each, as `storepulse doctor --site` finds it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from tests.support.browser import Answer, Request, Site, page

from storepulse.cli import doctor
from storepulse.installation.check import check_page
from storepulse.installation.fetching import MOST_BYTES, Fetcher
from storepulse.installation.finding import Finding
from storepulse.installation.served_checks import origin_of, trial_event

STORE = str(UUID(int=7))
SCRIPT = b"window.storepulse={}"
OK = json.dumps({"status": "error", "message": "events is empty"}).encode()


class Gateway:
    """Serves the script and answers to events as a gateway; each answer can be replaced."""

    def __init__(self) -> None:
        self.script = Answer(200, SCRIPT, {"content-type": "text/javascript; charset=utf-8"})
        self.events = Answer(400, OK, {"access-control-allow-origin": "*"})
        self.module: Answer | None = Answer(
            200, SCRIPT, {"content-type": "text/javascript", "access-control-allow-origin": "*"}
        )
        self.site = Site(self.serve)

    def serve(self, request: Request) -> Answer | None:
        if request.path == "/tracker.js":
            return self.script
        if request.path.startswith("/tracker/"):
            return self.module
        return self.events if request.path == "/api/customer-activity/batch" else None

    def tag(self, attributes: str = "defer", *, store: str = STORE, key: str = "spk_good") -> str:
        named = f'data-store="{store}" data-key="{key}"'
        return f'<script {attributes} src="{self.site.url}/tracker.js" {named}></script>'


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    with made.site:
        yield made


def check(html: str, headers: Mapping[str, str] | None = None) -> list[Finding]:
    with Site(lambda _: page(html, headers)) as shop, Fetcher(5) as fetcher:
        return list(check_page(f"{shop.url}/", fetcher, None))


def wrong(findings: list[Finding]) -> dict[str, str]:
    """Level of each finding that is not well, but for the test event that nobody asked for."""
    return {f.code: f.level for f in findings if f.level != "ok" and f.code != "event"}


def test_a_good_page_is_well(gateway: Gateway) -> None:
    found = check(f"<html><head>{gateway.tag()}</head></html>")
    assert wrong(found) == {}
    assert all(f.text and bool(f.cure) == (f.level != "ok") for f in found)
    asked = [json.loads(r.body) for r in gateway.site.requests if r.method == "POST"]
    assert asked == [{"key": "spk_good", "events": [{}]}] * 2


TAGS: list[tuple[str, dict[str, str]]] = [
    ("<p>nothing</p>", {"no_tag": "fault"}),
    ("<!-- {tag} -->", {"no_tag": "fault"}),
    ("<template>{tag}</template>", {"no_tag": "fault"}),
    ("<noscript>{tag}</noscript>", {"no_tag": "fault"}),
    ("<textarea>{tag}</textarea>", {"no_tag": "fault"}),
    ("{tag}{tag}", {"tag_twice": "warning"}),
]


@pytest.mark.parametrize(("html", "wanted"), TAGS)
def test_the_tag_is_found_as_browsers_find_it(
    gateway: Gateway, html: str, wanted: dict[str, str]
) -> None:
    found = wrong(check(html.replace("{tag}", gateway.tag())))
    assert wanted.items() <= found.items()
    if "no_tag" in wanted:
        assert found.keys() == {"no_tag", "script", "csp", "key"}


@pytest.mark.parametrize(
    ("attributes", "more", "wanted"),
    [
        ("", {}, {"tag_blocks": "warning"}),
        ('defer type="text/plain"', {}, {"tag_type": "fault"}),
        ('defer type="module"', {}, {"tag_type": "fault"}),
        ("async", {"store": "shop-1"}, {"store": "fault"}),
        ("async", {"store": ""}, {"store": "fault"}),
        ("async", {"key": ""}, {"no_key": "fault"}),
        ("async", {"key": "ssk_secret"}, {"secret_key": "fault"}),
        ("async", {"key": "abc"}, {"key_shape": "fault"}),
        ('async data-pixels="false"', {}, {"tag_boolean": "warning"}),
        ('async integrity="sha384-x"', {}, {"integrity": "fault", "integrity_cors": "fault"}),
        ("async crossorigin", {}, {"script_cors": "fault"}),
    ],
)
def test_what_the_tag_says(
    gateway: Gateway, attributes: str, more: dict[str, str], wanted: dict[str, str]
) -> None:
    assert wrong(check(gateway.tag(attributes, **more))) == wanted


def test_integrity_that_is_right(gateway: Gateway) -> None:
    digest = base64.b64encode(hashlib.sha384(SCRIPT).digest()).decode()
    gateway.script = Answer(
        200, SCRIPT, {**gateway.script.headers, "access-control-allow-origin": "*"}
    )
    assert wrong(check(gateway.tag(f'defer crossorigin integrity="sha384-{digest}"'))) == {}


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("default-src 'self'", {"csp_script": "fault", "csp_connect": "fault"}),
        ("script-src 'nonce-abc'; connect-src *", {}),
        ("script-src 'nonce-other'", {"csp_script": "fault"}),
        ("script-src {gateway}/tracker.js", {"csp_modules": "fault"}),
        ("script-src {gateway}; connect-src 'self'", {"csp_connect": "fault"}),
        ("script-src 'strict-dynamic' {gateway}", {"csp_script": "fault"}),
    ],
)
@pytest.mark.parametrize("place", ["header", "meta"])
def test_policies_by_header_and_meta(
    gateway: Gateway, policy: str, wanted: dict[str, str], place: str
) -> None:
    policy = policy.replace("{gateway}", gateway.site.url)
    tag = gateway.tag('defer nonce="abc" data-pixels')
    if place == "header":
        found = check(tag, {"content-security-policy": policy})
    else:
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        found = check(f"<head>{meta}{tag}</head>")
    assert wrong(found) == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        (Answer(404), {"script": "fault"}),
        (Answer(200, b"<html>", {"content-type": "text/html"}), {"script_type": "fault"}),
        (Answer(200, b"", {"content-type": "text/javascript"}), {"script_size": "fault"}),
        (Answer(200, b"x" * 99_999, {"content-type": "text/javascript"}), {"script_size": "fault"}),
        (Answer(302, b"", {"location": "/tracker.js"}), {"script": "unknown"}),
        (Answer(200, b"x" * (MOST_BYTES + 1)), {"script": "unknown"}),
    ],
)
def test_what_the_scripts_address_answers(
    gateway: Gateway, script: Answer, wanted: dict[str, str]
) -> None:
    gateway.script = script
    assert wrong(check(gateway.tag())) == wanted


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (None, {"module": "fault"}),
        (Answer(200, SCRIPT, {"content-type": "text/javascript"}), {"module_cors": "fault"}),
    ],
)
def test_modules_are_served_to_pages_of_other_origins(
    gateway: Gateway, answer: Answer | None, wanted: dict[str, str]
) -> None:
    gateway.module = answer
    assert wrong(check(gateway.tag("defer data-vitals"))) == wanted


@pytest.mark.parametrize(
    ("status", "said", "wanted"),
    [
        (401, {"code": "INVALID_KEY"}, {"key": "fault"}),
        (403, {"code": "SCOPE_MISSING"}, {"key": "fault"}),
        (403, {"code": "ORIGIN_NOT_ALLOWED"}, {"origin": "fault"}),
        (402, {"code": "PLAN_LIMIT"}, {"key": "unknown"}),
        (429, {}, {"key": "unknown"}),
        (503, {}, {"key": "unknown"}),
        (404, {}, {"gateway": "fault"}),
        (200, {}, {"gateway": "fault"}),
        (400, {}, {"gateway": "fault"}),
        (400, {"status": "error"}, {"answers": "fault"}),
    ],
)
def test_what_the_gateway_answers(
    gateway: Gateway, status: int, said: dict[str, Any], wanted: dict[str, str]
) -> None:
    gateway.events = Answer(status, json.dumps(said).encode())
    assert wrong(check(gateway.tag())) == wanted


def test_without_a_stack_the_rest_is_not_checked() -> None:
    with Site(lambda _: None) as gone:
        url = gone.url
    tag = f'<script defer src="{url}/tracker.js" data-store="{STORE}" data-key="spk_x"></script>'
    assert wrong(check(tag)) == {"script": "unknown", "key": "unknown"}
    with Fetcher(5) as fetcher:
        (first, *rest) = check_page(f"{url}/", fetcher, None)
    assert (first.code, first.level) == ("page", "fault")
    assert {one.level for one in rest} == {"unknown"}


def test_redirects_of_the_page_are_followed_and_counted(gateway: Gateway) -> None:
    def serve(request: Request) -> Answer:
        if request.path == "/":
            return Answer(301, b"", {"location": "/de/"})
        if request.path == "/de/":
            return page(f'<base href="{gateway.site.url}/">{gateway.tag()}')
        return Answer(302, b"", {"location": request.path + "x"})

    with Site(serve) as shop, Fetcher(5) as fetcher:
        assert wrong(list(check_page(f"{shop.url}/", fetcher, None))) == {}
        (endless, *_) = check_page(f"{shop.url}/loop", fetcher, None)
        (no_address, *_) = check_page("file:///etc/passwd", fetcher, None)
    assert "redirects" in endless.text
    assert "no http" in no_address.text


def test_the_command_numbers_its_findings(gateway: Gateway) -> None:
    html = gateway.tag(store="\x1b[31mred")
    with Site(lambda _: page(html)) as shop:
        shown = CliRunner().invoke(doctor.command, ["--site", shop.url])
        told = CliRunner().invoke(doctor.command, ["--site", shop.url, "--json"])
    assert shown.exit_code == told.exit_code == 1
    assert "\x1b" not in shown.output
    assert " 3. bad" in shown.output
    assert "→ Set the store's id" in shown.output
    findings = json.loads(told.output)
    assert [one["number"] for one in findings] == list(range(1, len(findings) + 1))
    assert findings[2]["code"] == "store"
    assert CliRunner().invoke(doctor.command, ["--send"]).exit_code == 2


def test_one_event_is_sent_where_it_is_asked_for(gateway: Gateway) -> None:
    answers = {"accepted": 1, "ids": ["e-1"], "rejected": []}
    made = Gateway.serve

    def serve(request: Request) -> Answer | None:
        if request.method == "POST" and json.loads(request.body)["events"] != [{}]:
            return Answer(202, json.dumps(answers).encode())
        return made(gateway, request)

    with Site(serve) as front, Site(lambda _: page(tag)) as shop, Fetcher(5) as fetcher:
        tag = gateway.tag().replace(gateway.site.url, front.url)

        def event(found: Any, url: str) -> dict[str, Any]:
            return trial_event(found, url, STORE, datetime(2026, 1, 1, tzinfo=UTC))

        found = {f.code: f for f in check_page(shop.url, fetcher, event)}
        assert found["event"].level == "ok"
        answers |= {"accepted": 0, "rejected": [{"index": 0, "code": "OTHER_STORE"}]}
        found = {f.code: f for f in check_page(shop.url, fetcher, event)}
    assert "another store" in found["event"].text
    sent = [json.loads(r.body)["events"] for r in front.requests if r.method == "POST"]
    assert [bool(events[0]) for events in sent] == [False, False, True] * 2
    assert origin_of("https://Shop.example:443/x") == "https://shop.example"
