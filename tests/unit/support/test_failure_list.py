"""A failure is one line, however long its reason is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.failure_list import lines_of


def report(when: str, longrepr: Any) -> pytest.TestReport:
    return pytest.TestReport(
        "tests/a.py::test_b", ("tests/a.py", 1, "test_b"), {}, "failed", longrepr, when  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "longrepr", "line"),
    [
        ("call", SimpleNamespace(reprcrash=SimpleNamespace(message="assert 1 == 2\n  +x\n")),
         "failed: tests/a.py::test_b: assert 1 == 2"),
        ("teardown", "gone\naway", "failed: teardown of tests/a.py::test_b: gone"),
        ("call", "", "failed: tests/a.py::test_b: no reason"),
        ("call", "x" * 999, "failed: tests/a.py::test_b: " + "x" * 200),
    ],
)  # fmt: skip
def test_a_failure_is_one_line(when: str, longrepr: Any, line: str) -> None:
    assert lines_of([report(when, longrepr)]) == [line]


def test_the_lines_end_the_print(request: pytest.FixtureRequest) -> None:
    """After pytest's own summary, whose reasons have many lines."""
    hook = request.config.pluginmanager.hook.pytest_terminal_summary
    assert hook.get_hookimpls()[-1].plugin.__file__.endswith("tests/conftest.py")
