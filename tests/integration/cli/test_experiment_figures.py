"""`storepulse experiments results`, `plan` and `simulate` against a store with a test."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.support import stored_tests
from tests.support.inline_commands import run, run_json
from tests.support.whole_days import begin_in_a_day, midnight_of, now
from tests.support.world import World

from storepulse.domain.experiments.definition import Metric

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"


@pytest.fixture(scope="module")
def filled(module_world: World) -> tuple[World, str]:
    """A test that a variant has won, and 14 days of 100 visitors of whom 10 buy."""
    started = begin_in_a_day(120) - timedelta(days=20)
    defined = stored_tests.definition()
    with module_world.connect() as connection:
        test_id = stored_tests.add_test(connection, STORE, defined, started)
        stored_tests.fill(connection, test_id, defined, started, 20, 1_000, (0.03, 0.045))
        connection.execute(
            "INSERT INTO visitors_daily SELECT %s, current_date - n, 'v' || n || '-' || m"
            "  FROM generate_series(1, 14) AS n, generate_series(1, 100) AS m", [STORE],
        )  # fmt: skip
        connection.execute(
            "INSERT INTO orders (store_id, order_id, counted_at, day, first_word, status, amount,"
            " currency, refunded, visitor_id, is_bot) SELECT %s, n || '-' || m, now(),"
            " current_date - n, 'w', 'paid', 10 * m, 'EUR', 0, 'v' || n || '-' || m, false"
            "  FROM generate_series(1, 14) AS n, generate_series(1, 10) AS m", [STORE],
        )  # fmt: skip
    return module_world, test_id


def test_results_are_a_sentence_and_a_table(filled: tuple[World, str]) -> None:
    world, test_id = filled
    code, out, err = run(world.settings_of("operator"), "experiments", "results", test_id)
    assert code == 0, err
    assert "Green button: running, phase 1, ran 20" in out
    assert "Variant 1 is better than Variant 0 on bought" in out
    assert "bought (binary, decides)" in out
    _, _, table = out.partition("bought (binary, decides)")
    row = next(line for line in table.splitlines() if line.startswith("Variant 1 "))
    assert row.split()[2:8] == ["17,000", "4.50", "%", "+50.0", "%", "+26.4"]


def test_results_say_of_what_they_are_and_what_they_leave_out(filled: tuple[World, str]) -> None:
    world, _ = filled
    auto = Metric("spent", "sum", "purchase", "EUR", auto_cap=True)
    defined = stored_tests.definition(metrics=(stored_tests.REVENUE, auto))
    with world.connect() as connection:
        test_id = stored_tests.add_test(connection, str(uuid4()), defined, midnight_of(now()))
        connection.execute(
            "INSERT INTO ab_phase_counts (test_id, phase, multi_units, bot_units,"
            " other_currency_events, variant_mismatches) VALUES (%s, 1, 6, 0, 1048, 0)", [test_id],
        )  # fmt: skip
    _, out, _ = run(world.settings_of("operator"), "experiments", "results", test_id)
    assert "revenue (sum, EUR, decides, up to 200 a visitor)" in out
    assert "spent (sum, EUR, no cap: too few buyers before the start)" in out
    left_out = "6 visitors who saw several variants, 1,048 events in another currency"
    assert f"\nleft out: {left_out}\n" in out


def test_json_is_what_the_api_answers(filled: tuple[World, str]) -> None:
    world, test_id = filled
    told = run_json(world.settings_of("operator"), "experiments", "results", test_id)
    assert told["results"]["verdict"]["outcome"] == "better"
    fixed = told["results"]["metrics"][0]["variants"][1]["compared"]["fixed"]
    assert fixed["is_conclusive"] is True


def test_what_is_not_there_is_said(filled: tuple[World, str]) -> None:
    world, test_id = filled
    settings = world.settings_of("operator")
    assert run(settings, "experiments", "results", str(uuid4())) == (
        1, "", "There is no such test"
    )  # fmt: skip
    assert run(settings, "experiments", "results", test_id, "--phase", "2") == (
        1, "", "The test has no phase 2"
    )  # fmt: skip
    assert run(settings, "experiments", "results", "x")[0] == 2


def test_a_plan_by_the_stores_own_days(filled: tuple[World, str]) -> None:
    world, _ = filled
    asked = ("experiments", "plan", "--store", STORE, "--effect", "0.2")
    told = run_json(world.settings_of("operator"), *asked)
    assert told["baseline"] == {"value": 0.1, "deviation": None}
    assert told["visitors_per_day"] == 100
    revenue = run_json(world.settings_of("operator"), *asked, "--revenue")
    assert revenue["baseline"]["value"] == pytest.approx(5.5)
    code, out, _ = run(world.settings_of("operator"), *asked, "--days", "28")
    assert code == 0
    assert "baseline: rate 10.00 %, 100 visitors a day" in out
    assert "28 days find, always valid: +" in out


def test_a_simulation_of_the_stores_own_shop(filled: tuple[World, str]) -> None:
    world, _ = filled
    asked = ("experiments", "simulate", "--store", STORE, "--runs", "50", "--days", "14")
    told = run_json(world.settings_of("operator"), *asked, "--revenue", "stored")
    assert (told["rate"], told["metric"]) == (0.1, "revenue")
    assert told["visitors_per_day"] == [100] * 14
    stated = run_json(world.settings_of("operator"), *asked, "--rate", "0.2")
    assert stated["rate"] == 0.2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["simulate", "--store", str(uuid4())], 1, "had no visitors"),
        (["simulate", "--revenue", "stored"], 2, "requires --store"),
        (["simulate", "--split", "50"], 2, "must be 2 to 10 shares"),
        (["plan", "--effect", "0.1"], 1, "baseline: is required"),
        (["plan", "--baseline", "0.1"], 1, "effect: is required"),
        (["plan", "--deviation", "1", "--effect", "1"], 2, "requires --baseline"),
    ],
)
def test_what_cannot_be_asked(
    filled: tuple[World, str], words: list[str], code: int, said: str
) -> None:
    status, _, err = run(filled[0].settings_of("operator"), "experiments", *words)
    assert (status, said in err) == (code, True), err
