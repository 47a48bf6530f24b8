"""docs/statistics.md: its tables and its picture are what the commands on it print, and the worked
example is what the functions say that results go by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.docs.markdown import ROOT, prose_and_code

from storepulse.cli import root

PAGE = ROOT / "docs" / "statistics.md"
PICTURE = ROOT / "docs" / "images" / "looking-every-day.svg"


def transcripts() -> list[tuple[list[str], list[str]]]:
    """Commands of simulations as words, with the lines that the page prints below each."""
    _, blocks = prose_and_code(PAGE.read_text())
    found = []
    for _, code in blocks:
        first, *printed = code.splitlines()
        if first.startswith("$ ./storepulse experiments "):
            found.append((first.split()[2:], printed))
    return found


def run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(root, words)
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


def test_tables_are_what_the_commands_print(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = transcripts()
    assert shown
    for words, printed in shown:
        assert run(words, monkeypatch) == printed, "print it again: the command stands above it"


def test_the_picture_is_what_the_command_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, _ = next(shown for shown in transcripts() if shown[0][1] == "simulate")
    run([*words, "--svg", str(tmp_path / "drawn.svg")], monkeypatch)
    assert (tmp_path / "drawn.svg").read_text() == PICTURE.read_text()


def test_the_prose_states_the_figures_of_the_table() -> None:
    """The alternative text of the picture, which repeats the table."""
    (_, printed), *_ = transcripts()
    rows = [re.findall(r"(\d+\.\d) % ±", line) for line in printed]
    rounded = [f"{float(row[0]):.0f} %" for row in rows if row]
    alternative = re.search(r"!\[(.*?)\]", PAGE.read_text(), re.DOTALL)
    assert alternative is not None
    assert re.findall(r"\d+ %", alternative[1]) == rounded
