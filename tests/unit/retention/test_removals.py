"""One table says what retention removes: the statements, the limits and the page agree with it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from storepulse.retention import groups
from storepulse.retention.removals import REMOVALS
from storepulse.retention.rules import RetentionLimits
from storepulse.retention.runs import RetentionTally

ROOT = Path(__file__).parents[3]
FOLDER = Path(groups.__file__).parent
PAGE = (ROOT / "docs" / "operations.md").read_text()
TABLES = [removal.table for removal in REMOVALS]
#: Statements that work on one partition after the other.
PARTITIONED = {"deliveries", "delivery_attempts"}


def test_every_table_of_which_rows_go_is_declared() -> None:
    sql = "".join(file.read_text() for file in FOLDER.glob("*.sql"))
    deleted = set(re.findall(r"DELETE FROM (\w+)", sql))
    assert deleted == set(TABLES) - PARTITIONED
    assert sql.count("DELETE FROM {leaf}") == len(PARTITIONED)
    assert list(RetentionTally().rows_by_table) == TABLES


def test_every_limit_is_of_a_table() -> None:
    assert {removal.limit for removal in REMOVALS} == {one.name for one in fields(RetentionLimits)}


def test_the_page_says_how_long_each_is_kept() -> None:
    section = PAGE.partition("\n## What is kept, and how long\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    told = {name for line in rows for name in re.findall(r"`([a-z_]+)`", line)}
    assert told == set(TABLES)
