"""docs/query-api.md shows a request for each path of the query API, and only what the API knows."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from click.testing import CliRunner
from tests.unit.docs.markdown import ROOT, prose_and_code

from storepulse.cli import root

PAGE = ROOT / "docs" / "query-api.md"
#: (method, path, names of parameters, names of the body's fields)
Shown = tuple[str, str, frozenset[str], frozenset[str]]


@cache
def document() -> dict[str, Any]:
    result = CliRunner().invoke(root, ["openapi", "query"])
    assert result.exit_code == 0
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """What the API has: figures, customers, delivery, dead letters, destinations."""
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        if path.startswith(("/api/", "/customers"))
        for method, operation in methods.items()
    }


def shown_requests(text: str) -> list[Shown]:
    _, blocks = prose_and_code(text)
    shown = []
    for _, code in blocks:
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line) if line.startswith("curl ") else []
            urls = [word for word in words if word.startswith("$API/")]
            if not urls:
                continue
            url = urlsplit(urls[0].removeprefix("$API").replace("$STORE", "STORE"))
            method = words[words.index("-X") + 1] if "-X" in words else "GET"
            body = json.loads(words[words.index("-d") + 1]) if "-d" in words else {}
            names = frozenset(
                name for name, _ in parse_qsl(url.query, strict_parsing=bool(url.query))
            )
            shown.append((method, url.path, names, frozenset(body)))
    return shown


def operation_of(method: str, path: str) -> tuple[str, str] | None:
    """The operation that serves a path; the most literal one where several match."""
    matching = [
        (known, template)
        for known, template in operations()
        if known == method
        and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) is not None
    ]
    return min(matching, key=lambda entry: entry[1].count("{"), default=None)


def fields_of(operation: dict[str, Any]) -> set[str]:
    """Fields that a JSON body may have."""
    body = operation.get("requestBody")
    if body is None:
        return set()
    schema = body["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    return set(document()["components"]["schemas"][name]["properties"])


def wrong(shown: Shown) -> str | None:
    method, path, parameters, fields = shown
    served = operation_of(method, path)
    if served is None:
        return f"nothing serves {method} {path}"
    operation = operations()[served]
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    if parameters - known:
        return f"{method} {path} has no parameter {sorted(parameters - known)}"
    if fields - fields_of(operation):
        return f"{method} {path} has no field {sorted(fields - fields_of(operation))}"
    return None


def test_each_path_has_a_request() -> None:
    shown = {operation_of(method, path) for method, path, _, _ in shown_requests(PAGE.read_text())}
    assert set(operations()) - shown == set()


def test_each_request_is_one_that_the_api_knows() -> None:
    assert [wrong(shown) for shown in shown_requests(PAGE.read_text()) if wrong(shown)] == []


def test_a_wrong_request_is_seen() -> None:
    def of(line: str) -> str | None:
        (shown,) = shown_requests(f"```\n{line}\n```")
        return wrong(shown)

    assert of('curl -s "$API/api/analytics/funnel?store_id=$STORE"') is None
    assert of('curl -s "$API/api/analytics/funnels"') == "nothing serves GET /api/analytics/funnels"
    assert of('curl -s -X POST "$API/api/analytics/funnel"') is not None
    assert of('curl -s "$API/api/analytics/funnel?bots=1"') == (
        "GET /api/analytics/funnel has no parameter ['bots']"
    )
    assert of('curl -X POST "$API/api/dead-letters/discard" -d \'{"why": "x", "how": 1}\'') == (
        "POST /api/dead-letters/discard has no field ['how']"
    )
