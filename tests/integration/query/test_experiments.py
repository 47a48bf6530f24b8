"""The life of a test through the running query service: what its author does, and what stays."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.integration.query.conftest import Reads
from tests.support.used_plans import new_store

from storepulse.access import keys
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.experiments import previews
from storepulse.experiments.changes import MOST_PHASES, MOST_TESTS
from storepulse.experiments.rows import STATEMENTS

VARIANTS = [
    {"variant_id": "control", "weight": 5000},
    {"variant_id": "green", "weight": 5000, "slot_overrides": {"hero": {"props": {"a": 1}}}},
]
METRICS = [
    {"key": "bought", "kind": "binary", "source": "purchase"},
    {"key": "revenue", "kind": "sum", "source": "purchase", "currency": "eur"},
    {"key": "orders", "kind": "count", "source": "purchase", "currency": "eur"},
    {"key": "aov", "kind": "ratio", "numerator": "revenue", "denominator": "orders"},
]
BODY: dict[str, Any] = {"name": "Green button", "variants": VARIANTS, "metrics": METRICS}


@pytest.fixture
def shop(reads: Reads) -> str:
    """A store that no other test knows."""
    with reads.world.connect() as connection:
        return str(new_store(connection))


def make(reads: Reads, shop: str, **changes: Any) -> dict[str, Any]:
    answer = reads.request("POST", f"/api/ab-testing/{shop}", json=BODY | changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def path_of(test: dict[str, Any], move: str = "") -> str:
    return f"/api/ab-testing/{test['store_id']}/test/{test['test_id']}" + (move and f"/{move}")


def move(reads: Reads, test: dict[str, Any], name: str, body: Any = None) -> httpx.Response:
    sent = {"winner": None} if name == "complete" and body is None else body
    return reads.request("POST", path_of(test, name), json=sent)


def moved(reads: Reads, test: dict[str, Any], name: str, body: Any = None) -> dict[str, Any]:
    answer = move(reads, test, name, body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def rows(reads: Reads, query: str, test: dict[str, Any]) -> list[tuple[Any, ...]]:
    with reads.world.connect() as connection:
        found = connection.execute(query.encode(), {"test": test["test_id"]}).fetchall()
    return [tuple(row) for row in found]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def test_the_life_of_a_test(reads: Reads, shop: str) -> None:
    made = make(reads, shop)
    assert (made["status"], made["phase"], made["version"]) == ("draft", 0, 1)
    assert [v["is_control"] for v in made["variants"]] == [True, False]
    assert [m["cap"] for m in made["metrics"]] == [None, "auto", None, None]
    assert made["primary_metric"] == "bought"
    shown = reads.get(path_of(made))
    # Compression makes it a weak one.
    assert (shown.json()["data"], shown.headers["etag"]) == (made, 'W/"1"')

    started = moved(reads, made, "start")
    (phase,) = started["phases"]
    assert (started["status"], started["phase"], started["version"]) == ("running", 1, 2)
    assert (phase["n_star"], phase["weights"]) == (5_000, {"control": 5000, "green": 5000})
    assert phase["caps"] == {"bought": None, "revenue": None, "orders": None}
    assert moved(reads, made, "pause")["status"] == "paused"
    assert moved(reads, made, "resume")["status"] == "running"
    assert moved(reads, made, "pause")["status"] == "paused"
    assert moved(reads, made, "start")["phase"] == 1
    pauses = rows(
        reads, "SELECT resumed_at IS NULL FROM ab_test_pauses WHERE test_id = %(test)s", made
    )
    assert pauses == [(False,), (False,)]
    ended = moved(reads, made, "complete", {"winner": "green"})
    assert (ended["status"], ended["winner"]) == ("completed", "green")
    assert ended["phases"][0]["ended_at"] >= ended["phases"][0]["started_at"]
    archived = moved(reads, made, "archive")
    assert (archived["status"], archived["winner"]) == ("archived", "green")

    trail = reads.read("/api/audit", object=made["test_id"])["data"]
    assert [entry["action"].partition(".")[2] for entry in reversed(trail)] == [
        "created", "started", "paused", "resumed", "paused", "started", "completed", "archived"
    ]  # fmt: skip
    assert {entry["store_id"] for entry in trail} == {shop}


def test_a_draft_may_have_begun_before_it_is_told(reads: Reads, shop: str) -> None:
    test, since = make(reads, shop), datetime.now(UTC) - timedelta(days=6)
    for wrong in (since - timedelta(days=25), datetime.now(UTC) + timedelta(minutes=5)):
        refused = move(reads, test, "start", {"started_at": wrong.isoformat()})
        assert refusal(refused) == (400, "started_at must be a time of the last 30 days")
    assert move(reads, test, "start", {"began": since.isoformat()}).status_code == 400
    assert reads.read(path_of(test))["data"]["status"] == "draft"
    (phase,) = moved(reads, test, "start", {"started_at": since.isoformat()})["phases"]
    began = datetime.fromisoformat(phase["started_at"])
    assert timedelta(0) <= since - began < timedelta(milliseconds=1)
    results = reads.read(path_of(test, "results"))["data"]
    # So long it has run, but its figures are settled only when slices know of it.
    assert (int(results["results"]["running_hours"]) // 24, results["is_settled"]) == (5, False)
    trail = reads.read("/api/audit", object=test["test_id"])["data"]
    assert trail[0]["change"]["to"]["started_at"].startswith(f"{since:%Y-%m-%dT%H:%M}")
    moved(reads, test, "pause")
    again = move(reads, test, "start", {"started_at": since.isoformat()})
    assert refusal(again) == (400, "started_at is of a draft alone: this test is paused")


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ([], "pause"), ([], "resume"), ([], "complete"), ([], "archive"),
        (["start"], "start"), (["start"], "resume"), (["start"], "archive"),
        (["start", "pause"], "pause"), (["start", "pause"], "archive"),
        *((["start", "complete"], move) for move in ("start", "pause", "resume", "complete")),
        (["start", "complete", "archive"], "archive"),
        (["start", "complete", "archive"], "start"),
    ],
)  # fmt: skip
def test_an_illegal_move_is_refused(reads: Reads, shop: str, before: list[str], name: str) -> None:
    test = make(reads, shop)
    for one in before:
        moved(reads, test, one)
    answer = move(reads, test, name)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert "test is" in answer.json()["message"]
    after = reads.read(path_of(test))["data"]
    assert len(after["phases"]) == ("start" in before)


def test_what_was_started_is_neither_deleted_nor_changed_once_it_is_over(
    reads: Reads, shop: str
) -> None:
    draft, test = make(reads, shop), make(reads, shop)
    assert reads.request("DELETE", path_of(draft)).status_code == 200
    assert reads.get(path_of(draft)).status_code == 404
    moved(reads, test, "start")
    assert reads.request("DELETE", path_of(test)).status_code == 409
    moved(reads, test, "complete")
    assert reads.request("PUT", path_of(test), json=BODY).status_code == 409
    assert reads.request("DELETE", path_of(test)).status_code == 409


def test_an_edit_of_a_running_test_begins_a_phase(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    moved(reads, test, "start")
    weights = [{**VARIANTS[0], "weight": 2000}, {**VARIANTS[1], "weight": 8000}]
    for changes, phases in (
        ({}, 1),
        ({"name": "Other", "description": "Two\nlines", "priority": 4}, 1),
        ({"baseline_rate": 0.03, "relative_effect": 0.1}, 1),
        ({"variants": weights}, 2),
        ({"variants": weights, "alpha": 0.01}, 3),
        ({"variants": weights, "alpha": 0.01, "traffic": 5000}, 4),
        ({"variants": weights, "alpha": 0.01, "traffic": 6000}, 4),
        ({"variants": weights, "alpha": 0.01, "traffic": 5999}, 5),
    ):
        answer = reads.request("PUT", path_of(test), json=BODY | changes)
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        assert (data["phase"], len(data["phases"])) == (phases, phases), changes
        current, *earlier = reversed(data["phases"])
        assert current["ended_at"] is None
        assert all(phase["ended_at"] is not None for phase in earlier)
    ends = [phase["ended_at"] for phase in data["phases"][:-1]]
    assert ends == [phase["started_at"] for phase in data["phases"][1:]]
    settings = rows(
        reads,
        "SELECT (settings ->> 'traffic')::int, settled_at IS NULL FROM ab_test_phases"
        " WHERE test_id = %(test)s ORDER BY phase",
        test,
    )
    assert [traffic for traffic, _ in settings] == [None, None, None, 6000, 5999]
    assert all(unsettled for _, unsettled in settings)


def test_a_paused_test_is_paused_in_its_next_phase_too(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    moved(reads, test, "start")
    moved(reads, test, "pause")
    edited = reads.request("PUT", path_of(test), json=BODY | {"alpha": 0.1}).json()["data"]
    assert (edited["status"], edited["phase"]) == ("paused", 2)
    pauses = "SELECT phase, resumed_at IS NULL FROM ab_test_pauses WHERE test_id = %(test)s"
    assert sorted(rows(reads, pauses, test)) == [(1, False), (2, True)]
    moved(reads, test, "resume")
    assert sorted(rows(reads, pauses, test)) == [(1, False), (2, False)]


def test_a_phase_says_what_slices_keep(reads: Reads, shop: str) -> None:
    one, other = make(reads, shop), make(reads, shop)
    moved(reads, one, "start")
    metrics = (
        "SELECT metric, kind, source, currency, cap FROM ab_phase_metrics WHERE test_id = %(test)s"
    )
    assert sorted(rows(reads, metrics, one)) == [
        ("bought", "binary", "purchase", None, None),
        ("orders", "count", "purchase", "EUR", None),
        ("revenue", "sum", "purchase", "EUR", None),
    ]
    ratios = "SELECT metric, numerator, denominator FROM ab_phase_ratios WHERE test_id = %(test)s"
    assert rows(reads, ratios, one) == [("aov", "revenue", "orders")]
    sources = (
        "SELECT source, until = 'infinity' FROM ab_sources"
        " WHERE store_id = (SELECT store_id FROM ab_tests WHERE test_id = %(test)s)"
    )
    assert rows(reads, sources, one) == [("purchase", True)]
    moved(reads, one, "complete")
    with reads.world.connect() as connection:
        # As settling does it, once nobody asks for these events any more.
        connection.execute("UPDATE ab_sources SET until = now() WHERE store_id = %s", [shop])
    moved(reads, other, "start")
    assert rows(reads, sources, one) == [("purchase", True)]


def test_a_phase_is_planned_by_the_traffic_and_capped_by_the_purchases_before_it(
    reads: Reads, shop: str
) -> None:
    now = datetime.now(UTC)
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO visitors_daily (store_id, day, visitor)"
            " SELECT %(shop)s, %(day)s::date - d, 'v-' || n"
            "   FROM generate_series(1, 5000) AS n, generate_series(1, 2) AS d",
            {"shop": shop, "day": now.date()},
        )
        # Visitor n bought for n on one day, for as much again the day after, and once long before.
        connection.execute(
            "INSERT INTO orders (store_id, order_id, counted_at, day, first_word, status, amount,"
            "       currency, refunded, visitor_id, is_bot)"
            " SELECT %(shop)s, n || '-' || d, at, at::date, '', 'paid', n, 'EUR', 0, 'v-' || n,"
            "        false"
            "   FROM generate_series(1, 200) AS n, unnest('{1,2,9,40}'::int[]) AS d"
            "  CROSS JOIN LATERAL (SELECT %(now)s - d * interval '1 day' AS at) AS told",
            {"shop": shop, "now": now},
        )
    test = make(reads, shop, traffic=5000, window_hours=24 * 10)
    (phase,) = moved(reads, test, "start")["phases"]
    assert phase["n_star"] == 2_500
    # The 198th of 200 totals; three purchases lie in the 28 days and in the window.
    assert phase["caps"]["revenue"] == "594"
    stored = rows(
        reads, "SELECT cap FROM ab_phase_metrics WHERE test_id = %(test)s AND cap > 0", test
    )
    assert stored == [(Decimal(594),)]
    short = make(reads, shop, window_hours=48)
    # The day after the first purchase, nine days before now, has none.
    assert moved(reads, short, "start")["phases"][0]["caps"]["revenue"] == "198"
    other = [METRICS[0], {**METRICS[1], "currency": "USD"}]
    none = moved(reads, make(reads, shop, metrics=other), "start")
    assert none["phases"][0]["caps"]["revenue"] is None


def test_a_version_that_is_not_the_tests_is_refused(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    for header, status in (('"9"', 409), ('W/"1"', 200), ("*", 200), ("1", 400), ('"x"', 400)):
        answer = reads.request("PUT", path_of(test), json=BODY, headers={"If-Match": header})
        assert answer.status_code == status, (header, answer.text)
    stale = {"If-Match": '"1"'}
    changed = reads.request("PUT", path_of(test), json=BODY | {"priority": 1}, headers=stale)
    assert changed.headers["etag"] == '"2"'
    for method, path in (
        ("PUT", path_of(test)), ("POST", path_of(test, "start")), ("DELETE", path_of(test))
    ):  # fmt: skip
        body = BODY if method == "PUT" else None
        answer = reads.request(method, path, json=body, headers=stale)
        assert refusal(answer) == (409, "version is 2 by now: read the test again")
    assert reads.read(path_of(test))["data"]["status"] == "draft"


def test_of_two_authors_at_once_one_is_told(reads: Reads, shop: str) -> None:
    """The first one is this test, whose change is not committed when the second one comes."""
    test = make(reads, shop)
    group = {"group": {"group_id": "g", "start": 0, "end": 1}}
    read = {"If-Match": '"1"'}
    other = {"store_id": shop}
    with ThreadPoolExecutor(2) as pool, psycopg.connect(reads.world.settings.dsn) as connection:
        connection.execute(STATEMENTS["lock"], other)
        connection.execute(
            "UPDATE ab_tests SET version = 2, definition = definition || %s WHERE test_id = %s",
            [Jsonb(group), test["test_id"]],
        )
        changed = pool.submit(
            reads.request, "PUT", path_of(test), json=BODY | {"priority": 1}, headers=read
        )
        made = pool.submit(reads.request, "POST", f"/api/ab-testing/{shop}", json=BODY | group)
        time.sleep(0.7)
        connection.commit()
        assert (changed.result().status_code, made.result().status_code) == (409, 409)


def test_ranges_of_a_group_are_disjoint(reads: Reads, shop: str) -> None:
    def group(start: int, end: int, name: str = "g") -> dict[str, Any]:
        return {"group": {"group_id": name, "start": start, "end": end}}

    first = make(reads, shop, **group(0, 5000))
    path = f"/api/ab-testing/{shop}"
    overlapping = reads.request("POST", path, json=BODY | group(4999, 6000))
    assert refusal(overlapping) == (
        409, "group overlaps: 0 to 5000 of g belong to Green button"
    )  # fmt: skip
    second = make(reads, shop, **group(5000, 10_000))
    make(reads, shop, **group(0, 10_000, "h"))
    moving = BODY | group(4000, 10_000)
    assert reads.request("PUT", path_of(second), json=moving).status_code == 409
    moved(reads, first, "start")
    moved(reads, first, "complete")
    assert reads.request("PUT", path_of(second), json=moving).status_code == 200


def test_a_store_has_so_many_tests(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO ab_tests (test_id, store_id, name, definition, created_by)"
            " SELECT gen_random_uuid(), store_id, name, definition, 'x' FROM ab_tests,"
            "        generate_series(2, %(most)s) WHERE test_id = %(test)s",
            {"most": MOST_TESTS, "test": test["test_id"]},
        )
    path = f"/api/ab-testing/{shop}"
    assert reads.request("POST", path, json=BODY).status_code == 409
    assert reads.request("DELETE", path_of(test)).status_code == 200
    assert reads.request("POST", path, json=BODY).status_code == 201


def test_a_test_has_so_many_phases(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    moved(reads, test, "start")
    with reads.world.connect() as connection:
        connection.execute(
            "UPDATE ab_tests SET phase = %s WHERE test_id = %s", [MOST_PHASES, test["test_id"]]
        )
    refused = reads.request("PUT", path_of(test), json=BODY | {"window_hours": 24})
    assert refusal(refused)[0] == 409
    assert "more than 100: complete it" in refusal(refused)[1]
    renamed = reads.request("PUT", path_of(test), json=BODY | {"name": "Greener"})
    assert renamed.json()["data"]["name"] == "Greener"


def test_tests_are_listed_by_pages(reads: Reads, shop: str) -> None:
    made = [make(reads, shop, name=f"Test {n}")["test_id"] for n in range(5)]
    path = f"/api/ab-testing/{shop}"
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = reads.read(path, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [entry["test_id"] for entry in page["data"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (made[::-1], None)
    (entry, *_) = page["data"]
    assert (entry["variants"], entry["primary_metric"]) == (["control", "green"], "bought")
    assert reads.read(path, status="running")["data"] == []
    assert reads.get(path, status="over").status_code == 400
    assert reads.get(path, cursor="x").status_code == 400


def test_another_stores_tests_are_none(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    with reads.world.connect() as connection:
        other = new_store(connection)
        key = keys.new_key("secret")
        keys.store_key(connection, key, kind="secret", scopes=["admin"], store_id=other)
    tied = {"x-api-key": key}
    for method, path in (
        ("GET", f"/api/ab-testing/{shop}"), ("GET", path_of(test)), ("DELETE", path_of(test)),
        ("POST", path_of(test, "start")),
    ):  # fmt: skip
        assert reads.request(method, path, headers=tied).status_code == 403, (method, path)
    elsewhere = test | {"store_id": str(other)}
    assert reads.request("GET", path_of(elsewhere), headers=tied).status_code == 404
    assert reads.request("GET", path_of(elsewhere)).status_code == 404
    unknown = reads.request("POST", f"/api/ab-testing/{uuid4()}", json=BODY)
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": " "}, "name", "must have 1 to 200 characters"),
        ({"variants": VARIANTS[:1]}, "variants", "must be 2 to 10 variants"),
        ({"colour": "green"}, "colour", "is not a field of this path"),
        ({"variants": [VARIANTS[0], {"weight": 1}]}, "variants.1.variant_id", "Field is required"),
        ({"metrics": [{"key": "a", "kind": "sum", "source": "purchase"}]},
         "metrics.0.currency", "is required: amounts of two are never added up"),
        ({"description": "\0"}, "description",
         "holds a NUL character or half of a surrogate pair"),
    ],
)  # fmt: skip
def test_a_wrong_body_names_its_fault(
    reads: Reads, shop: str, changes: dict[str, Any], field: str, reason: str
) -> None:
    answer = reads.request("POST", f"/api/ab-testing/{shop}", json=BODY | changes)
    assert answer.status_code == 400
    assert answer.json()["details"] == {"field": field, "reason": reason}


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ([], "body", "is not a JSON object"),
        (BODY | {"group": "checkout"}, "group", "is not a JSON object"),
        (BODY | {"priority": 10**7}, "priority", "must be -1000000 to 1000000"),
    ],
)
def test_a_body_of_another_kind_is_told_what_is_wanted(
    reads: Reads, shop: str, body: Any, field: str, reason: str
) -> None:
    answer = reads.request("POST", f"/api/ab-testing/{shop}", json=body)
    assert (answer.status_code, answer.json()["details"]) == (
        400, {"field": field, "reason": reason},
    )  # fmt: skip


def test_a_body_that_is_missing_is_asked_for(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    answer = reads.request("POST", path_of(test, "complete"))
    assert answer.json()["message"] == "body is required: a JSON object"


def test_tests_that_meet_on_a_page_are_told(reads: Reads, shop: str) -> None:
    one = make(reads, shop, name="First")
    moved(reads, one, "start")
    hero = {**VARIANTS[1], "slot_overrides": {"hero": {"props": {"a": 2}}}}
    body = BODY | {"priority": 2, "variants": [VARIANTS[0], hero]}
    answer = reads.request("POST", f"/api/ab-testing/{shop}", json=body)
    assert answer.json()["warnings"] == [
        "hero.props.a is also changed by the test First: Green button wins"
    ]


def test_a_preview_is_signed_with_the_installations_key(reads: Reads, shop: str) -> None:
    test = make(reads, shop)
    made = move(reads, test, "preview", {"variant_id": "green", "expires_in": 60}).json()["data"]
    (key,) = SecretBox.of(reads.world.settings).signing_keys(previews.PURPOSE)
    preview = previews.read_preview(made["token"], [key], time.time())
    assert (str(preview.store_id), str(preview.test_id)) == (shop, test["test_id"])
    assert preview.variant_id == "green"
    assert 0 < preview.until - time.time() <= 60
    assert move(reads, test, "preview", {"variant_id": "red"}).status_code == 400
    assert move(reads, test, "preview", {"variant_id": "green", "expires_in": 1}).status_code == 400


def test_pages_are_stored_and_listed(reads: Reads, shop: str) -> None:
    page = {"template": "wide", "slots": [{"slot_id": "hero", "component": "Banner"}]}
    path = f"/api/page-config/product/red-shoe?store_id={shop}"
    made = reads.request("PUT", path, json=page)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    shown = made.json()["data"]
    assert (shown["page_type"], shown["slug"], shown["template"]) == ("product", "red-shoe", "wide")
    assert shown["slots"] == [
        {"slot_id": "hero", "component": "Banner", "position": 0, "enabled": True, "props": {}}
    ]
    assert reads.request("PUT", path, json=page).headers["etag"] == '"1"'
    stale = {"If-Match": '"7"'}
    assert reads.request("PUT", path, json={"slots": []}, headers=stale).status_code == 409
    assert reads.request("PUT", path, json={"slots": []}).headers["etag"] == '"2"'
    for slug in ("a", "b"):
        reads.request("PUT", f"/api/page-config/home/{slug}?store_id={shop}", json=page)
    first = reads.read("/api/page-configs", store_id=shop, limit=2)
    second = reads.read("/api/page-configs", store_id=shop, limit=2, cursor=first["next_cursor"])
    listed = [(p["page_type"], p["slug"]) for p in first["data"] + second["data"]]
    assert listed == [("home", "a"), ("home", "b"), ("product", "red-shoe")]
    assert second["next_cursor"] is None
    only = reads.read("/api/page-configs", store_id=shop, page_type="product")["data"]
    assert [p["slug"] for p in only] == ["red-shoe"]
    trail = reads.read("/api/audit", object="product/red-shoe", store_id=shop)["data"]
    assert [entry["action"] for entry in trail] == ["page.set", "page.set"]
    for wrong in ("/api/page-config/Product/x", "/api/page-config/p/" + "s" * 256):
        assert reads.request("PUT", f"{wrong}?store_id={shop}", json=page).status_code == 400
    assert reads.get("/api/page-configs").status_code == 400
