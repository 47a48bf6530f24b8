"""The bench opens every page of the console, and holds each to the same bounds."""

from __future__ import annotations

from bench.console_cases import CONSOLE_CASES
from bench.report import show
from bench.results import Results
from bench.targets import CONSOLE, TARGETS
from rich.console import Console
from tests.console.pages import PAGES

#: One user's page hangs below the list; the tests of users open it.
BELOW = "/users/{person}"


def test_every_page_is_opened() -> None:
    assert {case.path for case in CONSOLE_CASES} == {page.path for page in PAGES} | {BELOW}


def test_a_page_over_its_bounds_is_said() -> None:
    measured = Results()
    figures = {"lcp_ms": 900.0, "interaction_ms": 104.0, "shift": 0.0, "answer_ms": 80.0}
    sizes = {"kb_all": 300.0, "kb_data": 12.0, "requests": 20.0}
    measured.add(CONSOLE, "Users", figures | sizes)
    assert [(one.case, one.figure) for one in measured.missed] == [("Users", "interaction_ms")]
    terminal = Console(width=180)
    with terminal.capture() as written:
        show(measured, terminal)
    assert "LCP 900 ms, click 104 ms, answer 80 ms" in written.get()
    bound = {one.case for one in TARGETS if one.part == CONSOLE and one.figure == "lcp_ms"}
    assert bound == {case.name for case in CONSOLE_CASES}
