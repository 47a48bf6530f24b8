"""docs/statistics.md: its tables and its picture are what the commands on it print, and the worked
example is what the functions say that results go by."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.docs.markdown import ROOT, prose_and_code

from storepulse.cli import root
from storepulse.domain.experiments.comparisons import Judged
from storepulse.domain.experiments.definition import Definition, Metric, Variant
from storepulse.domain.experiments.results import results_of
from storepulse.domain.experiments.rollups import MetricRow, Phase, Rollups, UnitRow
from storepulse.domain.statistics.figures import Interval

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


def examples() -> list[list[str]]:
    """The worked examples, each as its lines."""
    _, blocks = prose_and_code(PAGE.read_text())
    return [code.splitlines() for _, code in blocks if code.startswith("planned visitors=")]


@pytest.mark.parametrize("lines", examples(), ids=lambda lines: str(lines[1]))
def test_an_example_comes_to_what_the_page_says(lines: list[str]) -> None:
    given, figures = lines[:3], lines[3:]
    assert told(given) == figures


def test_there_are_examples_and_wrong_figures_are_seen() -> None:
    shown = examples()
    assert len(shown) == 2
    changed = [line.replace("buyers=350", "buyers=351") for line in shown[0][:3]]
    assert told(changed) != shown[0][3:]


def told(given: list[str]) -> list[str]:
    """What the results say of a test with these visitors and buyers, all of one mature day."""
    planned, *arms = (dict(re.findall(r"(\w+)=([\d.]+)", line)) for line in given)
    bought = Metric("bought", "binary", "purchase")
    variants = (Variant("a", "Blue", 5_000, is_control=True), Variant("b", "Green", 5_000))
    defined = Definition(
        variants, (bought,), "bought", alpha=float(planned["alpha"]),
        n_star=int(planned["visitors"]),
    )  # fmt: skip
    started = datetime(2026, 11, 2, tzinfo=UTC)
    rollups = Rollups(
        units=[UnitRow(v.variant_id, started.date(), int(arm["visitors"]))
               for v, arm in zip(variants, arms, strict=True)],
        metrics=[_row(v.variant_id, started, int(arm["buyers"]))
                 for v, arm in zip(variants, arms, strict=True)],
    )  # fmt: skip
    results = results_of(Phase(1, started, None, defined), rollups, started + timedelta(10))
    control, variant = results.metrics[0].variants
    compared = variant.compared
    assert compared is not None
    assert compared.belief is not None
    lift = compared.once.comparison.lift.value
    return [
        f"rates: {control.mature.value:.2%} and {variant.mature.value:.2%}".replace("%", " %"),
        f"lift: {lift:+.1%}".replace("%", " %"),
        f"one look: {_words(compared.once)}",
        f"always valid: {_words(compared.always_valid)}",
        f"probability to beat control: {compared.belief.beats_control:.1%}".replace("%", " %"),
        f"verdict: {results.verdict.outcome}",
    ]


def _row(variant_id: str, at: datetime, buyers: int) -> MetricRow:
    count, none = Decimal(buyers), Decimal(0)
    sums = (count, count, none, none, none)
    return MetricRow(variant_id, at.date(), "bought", buyers, buyers, 0, *sums)


def _words(judged: Judged) -> str:
    interval = judged.comparison.lift.interval
    assert isinstance(interval, Interval)
    between = f"lift between {interval.low:+.1%} and {interval.high:+.1%}".replace("%", " %")
    return f"p {judged.comparison.p_value:.4f}, {between}"
