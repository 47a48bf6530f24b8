"""The clock that a test moves, and the one that nobody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storepulse.adapters.clock import VARIABLE, clock_of, system_clock
from storepulse.adapters.settings import load


def test_without_a_file_it_is_the_system_s() -> None:
    assert clock_of({}) is system_clock
    assert abs(system_clock() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_file_moves_it_while_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("0")
    clock = clock_of({VARIABLE: str(file)})
    before = clock()
    file.write_text("72000.5")
    assert clock() - before >= timedelta(hours=20)


def test_a_file_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("soon")
    with pytest.raises(ValueError, match="soon"):
        clock_of({VARIABLE: str(file)})()


def test_the_variable_is_known_to_the_settings() -> None:
    load({VARIABLE: "/nowhere"})
