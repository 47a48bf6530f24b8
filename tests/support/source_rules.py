"""Rules that the package's source keeps, as functions from sources to what breaks them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
#: Stands at the `def` of a function that is longer, with the reason.
LONG_MARK = "# long: "

#: Words that, as a name of its own, say neither what a function does nor what it gives:
#: participles, prepositions, adverbs. Left out: base forms (put, cut, read), the field's own (now,
#: up, down), and `of`, which reads with its class (SecretBox.of). Reviewed by hand: add what a
#: review finds.
_BARE_WORDS = """
    about above across after against ago ahead along already alone among anew apart around aside
    away back before behind below beneath beside besides between beyond by during except for
    forth from here in inside into later left near once onto out outside over past per since so
    soon then there through throughout till to together toward under until unto upon via when
    whenever where while with within without yet accepted acknowledged added agreed allowed
    answered applied archived arrived asked assigned awaited banned based begun behaved bounded
    broken brought built called came changed chosen claimed closed committed compared copied
    counted covered created dead decided decoded deferred delayed deleted delivered denied
    derived died done dropped due earned emptied ended expired failed fed fetched filled
    finished folded followed forced forgotten formed found freed frozen gathered given gone got
    granted guarded halted handed held hidden idle ignored inserted isolated joined judged kept
    killed known landed laid learned limited listed loaded locked lost made marked masked
    matched meant merged met missed moved named needed noted numbered observed offered ordered
    owned paid parsed parted passed paused picked placed planned posted prepared pressed printed
    produced proven published queued raised reached received recorded refused released
    remembered removed renewed repeated replaced replayed reported required resent resolved
    retried returned said sampled sealed seen sent served settled shared shown signed skipped
    slept spent spoiled spoilt spoken stamped started stated stolen stopped stored stuck sunk
    taken tested thrown tied told tried turned unknown unread used validated waited wanted
    warned withheld written acting answering asking awaiting becoming being calling changing
    coming counting doing going having holding keeping leaving missing moving passing pending
    reading running saying sending standing stopping taking telling trying waiting working
    writing
"""
BARE_WORDS = frozenset(_BARE_WORDS.split())


@dataclass(frozen=True)
class Source:
    """A module's dotted name and its text."""

    module: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def read_sources(package: Path) -> list[Source]:
    """Every module of a package, by its name as it is imported."""
    sources = []
    for file in sorted(package.rglob("*.py")):
        parts = (package.name, *file.relative_to(package).with_suffix("").parts)
        module = ".".join(parts).removesuffix(".__init__")
        sources.append(Source(module, file.read_text("utf-8")))
    return sources


def repeated_classes(sources: list[Source]) -> Mapping[str, list[str]]:
    """Names of classes that stand more than once, with their modules."""
    modules: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                modules[node.name].append(source.module)
    return {name: places for name, places in modules.items() if len(places) > 1}


def long_modules(sources: list[Source]) -> list[str]:
    """Modules of more lines than one reads in a sitting."""
    return [source.module for source in sources if len(source.lines) > MOST_LINES]


def long_functions(sources: list[Source]) -> list[str]:
    """Functions that are too long and give no reason at their `def`."""
    return [
        f"{source.module}:{function.name}"
        for source in sources
        for function in source.functions()
        if (function.end_lineno or 0) - function.lineno >= MOST_FUNCTION_LINES
        and not source.lines[function.lineno - 1].partition(LONG_MARK)[2].strip()
    ]


def bare_words(sources: list[Source]) -> list[str]:
    """Functions whose name is a participle, a preposition or an adverb alone."""
    return sorted(
        f"{source.module}:{function.name}"
        for source in sources
        for function in source.functions()
        if not function.name.startswith("__") and function.name.strip("_") in BARE_WORDS
    )


def import_circles(sources: list[Source]) -> list[list[str]]:
    """Groups of modules that import each other, directly or by way of others.

    Imports within functions and under TYPE_CHECKING count.
    """
    modules = {source.module for source in sources}
    imports = {source.module: set(_imports(source, modules)) for source in sources}
    reachable = {module: _reachable(imports, module) for module in modules}
    circles = {
        frozenset(other for other in reachable[module] if module in reachable[other])
        for module in modules
        if module in reachable[module]
    }
    return sorted(sorted(circle) for circle in circles)


def _reachable(imports: Mapping[str, set[str]], start: str) -> set[str]:
    reachable: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports[waiting.pop()] - reachable
        reachable |= new
        waiting += new
    return reachable


def _imports(source: Source, modules: set[str]) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # What is imported from a package may be a module of it.
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in full]
        else:
            continue
        yield from (name for name in names if name in modules and name != source.module)
