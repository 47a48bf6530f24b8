"""Results of tests over HTTP: from rollups, by phase, alike at every read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import process_time
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads
from tests.support import stored_tests as rollups
from tests.support.stored_tests import add_metric, add_phase, add_test, add_units, definition
from tests.support.whole_days import begin_in_a_day, midnight_of, now

from storepulse.experiments.results import full_hour, read_results


@pytest.fixture(autouse=True)
def _within_a_day() -> None:
    begin_in_a_day()


def path_of(store: str, test_id: str) -> str:
    return f"/api/ab-testing/{store}/test/{test_id}/results"


def filled(reads: Reads, store: str, rates: tuple[float, ...], **more: Any) -> str:
    """A test of 20 days with 1,000 visitors a day and variant, of which 17 are mature."""
    defined = definition(len(rates), **more)
    started = midnight_of(now()) - timedelta(days=20)
    with reads.world.connect() as connection:
        test_id = add_test(connection, store, defined, started)
        rollups.fill(connection, test_id, defined, started, 20, 1_000, rates)
    return test_id


def test_a_better_variant_is_told_with_all_its_figures(reads: Reads, store: str) -> None:
    data = reads.read(path_of(store, filled(reads, store, (0.03, 0.045))))["data"]
    results = data["results"]
    assert (data["name"], data["status"], data["last_phase"]) == ("Green button", "running", 1)
    assert results["verdict"]["outcome"] == "better"
    assert results["verdict"]["leader"] == "v1"
    assert results["verdict"]["sentence"].startswith("Variant 1 is better than Variant 0 on bought")
    assert [(one["so_far"], one["mature"]) for one in results["variants"]] == [(20_000, 17_000)] * 2
    bought, revenue, orders, per_order, _ = results["metrics"]
    assert bought["is_primary"]
    of_variant = bought["variants"][1]
    assert of_variant["mature"]["converters"] == 17 * 45
    assert of_variant["so_far"]["converters"] == 20 * 45
    assert of_variant["mature"]["value"] == pytest.approx(0.045)
    compared = of_variant["compared"]
    always, fixed = compared["always_valid"], compared["fixed"]
    assert always["comparison"]["lift"]["value"] == pytest.approx(0.5)
    for one in (always, fixed):
        low, high = (one["comparison"]["lift"]["interval"][side] for side in ("low", "high"))
        assert 0 < low < 0.5 < high
    # The price of looking: the interval of one look lies within.
    assert always["comparison"]["interval"]["low"] < fixed["comparison"]["interval"]["low"]
    assert compared["bayes"]["beats_control"] > 0.999
    assert compared["cuped"]["reason"] == "no_pre_period"
    assert bought["variants"][0]["compared"] is None
    assert of_variant["first_conclusive_day"] is not None
    assert (revenue["currency"], revenue["cap"]) == ("EUR", "200.0000")
    money = revenue["variants"][1]["mature"]
    assert money["value"] < money["raw_value"]
    assert money["value"] == pytest.approx(float(money["total"]) / 17_000, rel=0.3)
    assert Decimal(money["total"]) == Decimal(money["total"]).quantize(Decimal("0.0001"))
    assert orders["variants"][0]["mature"]["value"] == pytest.approx(0.03)
    assert per_order["variants"][0]["mature"]["value"] == pytest.approx(
        revenue["variants"][0]["mature"]["value"] / 0.03
    )
    assert results["split"]["split"]["status"] == "pass"


def test_two_reads_of_the_same_figures_give_the_same_bytes(reads: Reads, store: str) -> None:
    path = path_of(store, filled(reads, store, (0.03, 0.04)))
    first, second = reads.get(path).content, reads.get(path).content
    if now().minute == 0:  # the hour may have changed between them
        first, second = reads.get(path).content, reads.get(path).content
    assert first == second
    assert json.loads(first)["data"]["results"]["as_of"].endswith(":00:00.000Z")


def test_a_phase_without_visitors_is_collecting_and_has_no_figures(
    reads: Reads, store: str
) -> None:
    with reads.world.connect() as connection:
        test_id = add_test(connection, store, definition(), now())
    results = reads.read(path_of(store, test_id))["data"]["results"]
    assert results["verdict"]["outcome"] == "collecting"
    assert {one["what"] for one in results["verdict"]["missing"]} == {
        "mature_units", "running_hours",
    }  # fmt: skip
    figures = results["metrics"][0]["variants"][0]["mature"]
    assert (figures["units"], figures["value"], figures["reason"]) == (0, None, "no_units")
    assert results["mature_until"] is None
    assert results["as_of"] >= results["started_at"]


def test_visitors_that_do_not_divide_make_a_test_invalid(reads: Reads, store: str) -> None:
    started = midnight_of(now()) - timedelta(days=10)
    with reads.world.connect() as connection:
        test_id = add_test(connection, store, definition(metrics=[rollups.BOUGHT]), started)
        for ago in range(10):
            day = (started + timedelta(ago)).date()
            add_units(connection, test_id, {("v0", day): 2_000, ("v1", day): 1_800})
            add_metric(connection, test_id, "v0", day, "bought", ["1"] * 60)
    results = reads.read(path_of(store, test_id))["data"]["results"]
    assert results["verdict"]["outcome"] == "invalid"
    assert results["split"]["split"]["status"] == "fail"
    assert results["split"]["since"] is not None


def test_phases_are_never_added_up(reads: Reads, store: str) -> None:
    test_id = filled(reads, store, (0.03, 0.045))
    started = midnight_of(now()) - timedelta(days=1)
    with reads.world.connect() as connection:
        connection.execute(
            "UPDATE ab_test_phases SET ended_at = %s WHERE test_id = %s", [started, test_id]
        )
        add_phase(connection, test_id, 2, store, definition(3), started)
        add_units(connection, test_id, {("v2", started.date()): 7}, phase=2)
    newest = reads.read(path_of(store, test_id))["data"]["results"]
    assert (newest["phase"], newest["variants"][2]["so_far"]) == (2, 7)
    first = reads.read(path_of(store, test_id), phase=1)["data"]
    assert (first["last_phase"], first["results"]["phase"]) == (2, 1)
    # Windows that the end cut off are not mature, and never will be.
    assert first["results"]["variants"][0]["mature"] == 16_000
    assert first["results"]["ended_at"] is not None
    missing = reads.get(path_of(store, test_id), phase=3)
    assert (missing.status_code, missing.json()["message"]) == (404, "The test has no phase 3")


def test_what_has_no_results(reads: Reads, store: str) -> None:
    with reads.world.connect() as connection:
        test_id = add_test(connection, store, definition(), now())
        connection.execute("DELETE FROM ab_test_phases WHERE test_id = %s", [test_id])
        connection.execute(
            "UPDATE ab_tests SET phase = 0, status = 'draft' WHERE test_id = %s", [test_id]
        )
    assert reads.get(path_of(store, test_id)).json()["message"] == (
        "The test has not begun: it has no results"
    )
    for of_store, of_test in ((store, str(uuid4())), (str(uuid4()), test_id)):
        refused = reads.get(path_of(of_store, of_test))
        assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
    for value in ("0", "1.0", "x", "99999999999"):
        refused = reads.get(path_of(store, test_id), phase=value)
        assert (refused.status_code, refused.json()["details"]["field"]) == (400, "phase")


def test_a_large_test_is_read_like_a_small_one(reads: Reads, store: str) -> None:
    """4 variants, 5 metrics, 28 days, a million visitors: the time is this process's own."""
    defined = definition(4)
    started = midnight_of(now()) - timedelta(days=28)
    with reads.world.connect() as connection:
        test_id = add_test(connection, store, defined, started)
        rollups.fill(connection, test_id, defined, started, 28, 8_929, (0.03, 0.03, 0.031, 0.033))
    with reads.world.connect() as connection:
        read_results(connection, test_id)
        before = process_time()
        reported = read_results(connection, test_id)
        took = process_time() - before
    assert sum(one.so_far for one in reported.results.units) == 1_000_048
    assert took < 0.3


def test_the_hour_of_a_reading_never_lies_before_the_phase() -> None:
    at = datetime(2026, 11, 2, 10, 59, 59, 999_999, tzinfo=UTC)
    assert full_hour(at, at - timedelta(days=1)) == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert full_hour(at, at - timedelta(minutes=1)) == at - timedelta(minutes=1)


def test_days_end_where_the_results_are(reads: Reads, store: str) -> None:
    path = path_of(store, filled(reads, store, (0.03, 0.045)))
    data = reads.read(f"{path}/days")["data"]
    assert (data["metric"], data["control"], data["phase"]) == ("bought", "v0", 1)
    assert data["names"] == {"v0": "Variant 0", "v1": "Variant 1"}
    assert len(data["days"]) == 17
    results = reads.read(path)["data"]["results"]
    of_variant = results["metrics"][0]["variants"][1]
    told = of_variant["compared"]["always_valid"]
    (last,) = data["days"][-1]["variants"]
    assert last["lift"] == told["comparison"]["lift"]
    assert last["interval"] == told["comparison"]["interval"]
    assert last["units"] == 34_000
    first = next(
        one["day"]
        for one in data["days"]
        if one["is_sound"] and one["variants"][0]["is_conclusive"]
    )
    assert first == of_variant["first_conclusive_day"]
    assert data["days"][-1]["day"] == results["mature_until"]


def test_days_are_of_the_asked_metric(reads: Reads, store: str) -> None:
    path = path_of(store, filled(reads, store, (0.03, 0.045)))
    data = reads.read(f"{path}/days", metric="per_order")["data"]
    assert (data["metric"], data["kind"]) == ("per_order", "ratio")
    assert reads.get(f"{path}/days", metric="nothing").status_code == 404
    assert reads.get(f"{path}/days", phase=2).status_code == 404
