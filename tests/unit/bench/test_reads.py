"""The bench asks every route that reads, with parameters that differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from bench.filling import FILLS, FOLDER, pieces_of, statements
from bench.read_cases import cases_of
from bench.reads import figures_of

from storepulse.access.rules.routes import QUERY

#: They read nothing of the database, but for /readyz, which asks Kafka too, and live events, which
#: come from Kafka. A file is its list, read to the end.
UNASKED = {
    "/",
    "/analytics",
    "/analytics/{rest}",
    "/api/analytics/live",
    "/api/analytics/live/{live_id}",
    "/api/cart-tracking/export",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/api/streams",
    "/config",
    "/config/{subject}",
    "/contexts",
    "/mode",
    "/mode/{subject}",
    "/schemas",
    "/schemas/guids/{guid}",
    "/schemas/ids/{schema_id}",
    "/schemas/ids/{schema_id}/schema",
    "/schemas/ids/{schema_id}/subjects",
    "/schemas/ids/{schema_id}/versions",
    "/schemas/types",
    "/subjects",
    "/subjects/{subject}/metadata",
    "/subjects/{subject}/versions",
    "/subjects/{subject}/versions/{version}",
    "/subjects/{subject}/versions/{version}/referencedby",
    "/subjects/{subject}/versions/{version}/schema",
    "/v1/metadata/id",
    "/v1/metadata/version",
}

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
CASES = cases_of(defaultdict(lambda: "known"), NOW)


def test_every_route_that_reads_is_asked_or_says_why_not() -> None:
    served = {path for method, path in QUERY if method == "GET"}
    asked = {case.route for case in CASES}
    assert asked | UNASKED == served
    assert not asked & UNASKED


def test_names_of_cases_stand_once() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_paths_have_no_names_left() -> None:
    assert [case.path for case in CASES if "{" in case.path] == []


def test_every_statement_of_a_fill_runs() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == {*FILLS, "fragments"}
    assert len(list(statements())) == sum(map(len, FILLS.values()))


@pytest.mark.parametrize("visits", [1, 49_999, 50_000, 50_001, 123_456])
def test_pieces_hold_each_visit_once(visits: int) -> None:
    pieces = list(pieces_of(visits))
    assert pieces[0][0] == 1
    assert pieces[-1][1] == visits
    assert [last + 1 for _, last in pieces[:-1]] == [first for first, _ in pieces[1:]]


def test_figures_are_milliseconds_that_answers_did_not_exceed() -> None:
    seconds = [n / 1000 for n in range(100)]
    assert figures_of(seconds) == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0}
