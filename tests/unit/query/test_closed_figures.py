"""Sums over closed days are made again when one of these changed, and only then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from storepulse.adapters.postgres.statement import Statement
from storepulse.query import closed_figures
from storepulse.query.closed_figures import KEPT_SECONDS, ClosedFigures, ClosedSum

STORE, OTHER = uuid4(), uuid4()
PERIOD = {"store_id": STORE, "first_day": date(2026, 3, 1), "closed_end": date(2026, 3, 9)}
SUM = ClosedSum(
    Statement("SELECT %(store_id)s, %(first_day)s, %(closed_end)s, %(most)s"), ("figures",)
)
ANOTHER = ClosedSum(
    Statement("SELECT 2, %(store_id)s, %(first_day)s, %(closed_end)s, %(most)s"), ("figures",)
)


@dataclass
class Database:
    """Answers both statements, and counts how often it sums up."""

    changes: int = 0
    named: Any = None
    row: dict[str, Any] = field(default_factory=lambda: {"entries": 1, "names": "{a}"})
    sums: int = 0

    async def row_of(self, statement: Statement, parameters: Any) -> Any:
        assert set(parameters) == statement.parameters
        if "figures" in statement.parameters:
            assert parameters["figures"] == ["figures"]
            return {"changes": self.changes, "named": self.named}
        self.sums += 1
        return self.row


class Reads:
    def __init__(self, database: Database) -> None:
        self.row = database.row_of


def ask(
    figures: ClosedFigures, database: Database, asked: ClosedSum = SUM, **changed: Any
) -> dict[str, Any]:
    reads: Any = Reads(database)
    return asyncio.run(figures.parameters(reads, asked, {**PERIOD, **changed, "limit": 5}))


def test_a_sum_is_made_once_and_handed_on_as_it_came() -> None:
    figures, database = ClosedFigures(), Database()
    answers = [ask(figures, database) for _ in range(3)]
    assert answers == [{"names": "{a}", "closed_end": PERIOD["closed_end"]}] * 3
    assert database.sums == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"store_id": OTHER}, {"first_day": date(2026, 3, 2)}, {"first_day": None},
        {"closed_end": date(2026, 3, 10)}, {"asked": ANOTHER},
    ],
)  # fmt: skip
def test_what_is_asked_otherwise_is_another_sum(changed: dict[str, Any]) -> None:
    figures, database = ClosedFigures(), Database()
    for _ in range(2):
        ask(figures, database)
        ask(figures, database, **changed)
    assert database.sums == 2


def test_a_change_of_a_closed_day_makes_the_sum_anew() -> None:
    figures, database = ClosedFigures(), Database()
    ask(figures, database)
    database.changes, database.row = 1, {"entries": 1, "names": "{b}"}
    assert ask(figures, database)["names"] == "{b}"
    ask(figures, database)
    assert database.sums == 2


def test_a_sum_of_a_name_is_made_anew_when_another_store_has_it() -> None:
    figures, database = ClosedFigures(), Database()
    ask(figures, database, store_name="shop.example")
    database.named = OTHER
    ask(figures, database, store_name="shop.example")
    assert database.sums == 2


def test_a_sum_is_forgotten_after_an_hour() -> None:
    now = 0.0
    figures, database = ClosedFigures(clock=lambda: now), Database()
    ask(figures, database)
    now = KEPT_SECONDS
    ask(figures, database)
    assert database.sums == 1
    now += 1
    ask(figures, database)
    assert database.sums == 2


@pytest.mark.parametrize(
    "row",
    [
        {"entries": closed_figures.MOST_ENTRIES + 1, "names": "{a}"},
        {"entries": 1, "names": "a" * (closed_figures.MOST_CHARACTERS + 1)},
    ],
)
def test_of_what_is_too_large_no_day_is_summed_up(row: dict[str, Any]) -> None:
    figures, database = ClosedFigures(), Database(row=row)
    for first_day in (PERIOD["first_day"], None):
        for _ in range(2):
            answer = ask(figures, database, first_day=first_day)
            assert answer == {"names": "{}", "closed_end": first_day or date.min}
    assert database.sums == 2


def test_the_sums_that_were_asked_for_last_are_kept() -> None:
    figures, database = ClosedFigures(most_in_all=450), Database()
    for store, sums in ((STORE, 1), (OTHER, 2), (STORE, 2), (uuid4(), 3), (STORE, 3), (OTHER, 4)):
        ask(figures, database, store_id=store)
        assert database.sums == sums, store
