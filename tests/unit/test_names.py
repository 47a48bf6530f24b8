"""The package's names and sizes: what a stranger relies on to find his way.

A class name stands once; a module is read in a sitting; a function fits a page or says why not; no
modules import each other in a circle; a function's name says what it does or gives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import source_rules
from tests.support.source_rules import MOST_FUNCTION_LINES, MOST_LINES, Source, read_sources

PACKAGE = Path(__file__).parents[2] / "services" / "storepulse"


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_sources(PACKAGE)


def test_a_class_name_stands_once(sources: list[Source]) -> None:
    assert source_rules.repeated_classes(sources) == {}


def test_a_module_is_read_in_a_sitting(sources: list[Source]) -> None:
    assert source_rules.long_modules(sources) == []


def test_a_function_fits_a_page_or_says_why_not(sources: list[Source]) -> None:
    assert source_rules.long_functions(sources) == []


def test_no_modules_import_each_other_in_a_circle(sources: list[Source]) -> None:
    assert source_rules.import_circles(sources) == []


def test_a_function_is_named_by_more_than_a_participle_or_preposition(
    sources: list[Source],
) -> None:
    assert source_rules.bare_words(sources) == []


def body_of(lines: int) -> str:
    return "    pass\n" * lines


#: Each rule with sources that it must refuse, and with such as it must pass.
EXAMPLES: dict[str, tuple[Callable[[list[Source]], Any], list[str], list[str]]] = {
    "class twice": (
        source_rules.repeated_classes,
        ["class A:\n    class B: pass\n", "class B: pass\n"],
        ["class A:\n    class B: pass\n", "class C: pass\n"],
    ),
    "module": (source_rules.long_modules, ["\n" * (MOST_LINES + 1)], ["\n" * MOST_LINES]),
    "function": (
        source_rules.long_functions,
        ["class A:\n  async def f(self):\n" + body_of(MOST_FUNCTION_LINES)],
        ["def f():\n" + body_of(MOST_FUNCTION_LINES - 1)],
    ),
    "function with a reason": (
        source_rules.long_functions,
        ["def f():  # long:\n" + body_of(MOST_FUNCTION_LINES)],
        ["def f():  # long: it is hot\n" + body_of(MOST_FUNCTION_LINES)],
    ),
    "circle": (
        source_rules.import_circles,
        ["from m import m1\n", "if TYPE_CHECKING:\n  from m.m2 import x\n", "import m.m0\n"],
        ["from m import m1\n", "from m.m2 import x\n", "import m.n\n"],
    ),
    "circle in a function": (
        source_rules.import_circles,
        ["from m.m1 import x\n", "def f():\n  from m.m0 import y\n"],
        ["from m.m1 import x\n", "def f():\n  from m import y\n"],
    ),
    "name": (
        source_rules.bare_words,
        ["def outer():\n  def _told(): pass\n"],
        ["def tell(): pass\n\ndef rows_read(): pass\n\nasync def __missing__(): pass\n"],
    ),
}


@pytest.mark.parametrize(("rule", "bad", "good"), EXAMPLES.values(), ids=EXAMPLES)
def test_each_rule_refuses_what_it_must(
    rule: Callable[[list[Source]], Any], bad: list[str], good: list[str]
) -> None:
    assert rule([Source(f"m.m{number}", text) for number, text in enumerate(bad)])
    assert not rule([Source(f"m.m{number}", text) for number, text in enumerate(good)])
