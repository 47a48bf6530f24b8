"""docs/numbers.md: each worked example counts what the page says, by the plain model, which the
tests of the services hold every table against."""

from __future__ import annotations

import pytest
from tests.unit.docs.markdown import ROOT
from tests.unit.docs.numbers import Example, examples_of, told

PAGE = (ROOT / "docs" / "numbers.md").read_text()
EXAMPLES = list(examples_of(PAGE))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: str(e.figures[0][0]))
def test_an_example_counts_what_the_page_says(example: Example) -> None:
    wanted = {(name, day): value for name, day, value in example.figures}
    assert {(name, day): told(example, name, day) for name, day, _ in example.figures} == wanted


def test_each_section_of_figures_has_an_example() -> None:
    begins = PAGE.index("## Sessions")
    ends = PAGE.index("## When two numbers differ")
    sections = PAGE[begins:ends].split("\n## ")
    without = [s.partition("\n")[0].strip("# ") for s in sections if not list(examples_of(s))]
    assert without == []


@pytest.mark.parametrize(
    "lines",
    ["sessions on 2026-11-02: 2", "visitors: 2", "funnel: 1 1 0 0 0", "page views of /a: 1"],
)
def test_a_wrong_figure_is_seen(lines: str) -> None:
    text = f"```\nStore in UTC\n2026-11-02 10:00:00 page_view page=/\n{lines}\n```\n"
    (example,) = examples_of(text)
    ((name, day, value),) = example.figures
    assert told(example, name, day) != value


@pytest.mark.parametrize("line", ["yesterday page_view", "Sessions", "2026-11-02 page_view"])
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        list(examples_of(f"```\nStore in UTC\n{line}\n```\n"))
    with pytest.raises(KeyError):
        told(Example("UTC", [], []), "unheard of", None)
