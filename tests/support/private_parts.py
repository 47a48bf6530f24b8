"""Which private parts of other people's libraries the package uses, found by reading its source.

A private part is a name with one leading underscore. It is a library's where it is read or written
on something that the module did not give this name itself, or where a class takes or overrides a
name of a base that comes from a library.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2] / "services"
OURS = "storepulse"
#: Methods of named tuples: documented, and named so that no field can have their names.
_OF_NAMED_TUPLES = {"_make", "_replace", "_asdict", "_fields"}


@dataclass(frozen=True)
class Use:
    """One line that uses a private part."""

    file: str
    line: int
    name: str


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def uses_of_private_parts() -> Iterator[Use]:
    """Every use in the package."""
    for path in sorted(ROOT.rglob("*.py")):
        module = Module(path.read_text("utf-8"))
        for line, name in module.uses():
            yield Use(str(path.relative_to(ROOT)), line, name)


class Module:
    """One module's source."""

    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._imports = _imports(self._tree)
        self._classes = {n.name: n for n in self._tree.body if isinstance(n, ast.ClassDef)}
        self._own = {
            *(n.name for n in ast.walk(self._tree) if isinstance(n, _DEFINITIONS)),
            *(n.id for n in ast.walk(self._tree) if _is_stored(n, ast.Name)),
            *(n.attr for n in ast.walk(self._tree) if _is_stored_on_self(n)),
        }

    def uses(self) -> Iterator[tuple[int, str]]:
        """Lines and names."""
        yield from self._imported()
        in_classes: set[ast.AST] = set()
        for class_ in self._classes.values():
            in_classes |= set(ast.walk(class_))
            yield from self._inherited(class_)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and _text(node.func) in ("getattr", "setattr", "hasattr"):
                name = node.args[1]
                if isinstance(name, ast.Constant) and is_private(str(name.value)):
                    yield node.lineno, str(name.value)
            elif isinstance(node, ast.Attribute) and is_private(node.attr):
                is_own = node.attr in self._own | _OF_NAMED_TUPLES
                on_self = _text(node.value) in ("self", "cls")
                if _text(node.value) in sys.stdlib_module_names or (on_self and node in in_classes):
                    continue
                if on_self or not is_own:
                    yield node.lineno, node.attr

    def _imported(self) -> Iterator[tuple[int, str]]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom):
                paths = [f"{node.module}.{one.name}" for one in node.names]
            elif isinstance(node, ast.Import):
                paths = [one.name for one in node.names]
            else:
                continue
            for path in paths:
                first, *parts = path.split(".")
                if first in sys.stdlib_module_names or first == OURS:
                    continue
                yield from ((node.lineno, part) for part in parts if is_private(part))

    def _inherited(self, class_: ast.ClassDef) -> Iterator[tuple[int, str]]:
        names = set().union(*(private_names(base) for base in self._foreign_bases(class_)))
        for node in ast.walk(class_):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in names:
                yield node.lineno, node.name
            elif isinstance(node, ast.Attribute) and node.attr in names:
                yield node.lineno, node.attr

    def _foreign_bases(self, class_: ast.ClassDef) -> Iterator[type]:
        for base in class_.bases:
            text = _text(base).partition("[")[0]
            if text in self._classes:
                yield from self._foreign_bases(self._classes[text])
                continue
            first, *rest = text.split(".")
            path = ".".join([self._imports.get(first, first), *rest])
            top = path.partition(".")[0]
            if top in sys.stdlib_module_names or top == OURS or "." not in path:
                continue
            found = _object(path)
            if isinstance(found, type):
                yield found


_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _is_stored(node: ast.AST, kind: type[ast.Name] | type[ast.Attribute]) -> bool:
    return isinstance(node, kind) and isinstance(node.ctx, ast.Store)


def _is_stored_on_self(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and _text(node.value) in ("self", "cls")
    )


def _imports(tree: ast.Module) -> dict[str, str]:
    """Names in the module -> what they stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            names |= {one.asname: one.name for one in node.names if one.asname}
    return names


def _object(path: str) -> object:
    """What a dotted path stands for: a module, or something in one."""
    try:
        return importlib.import_module(path)
    except ImportError:
        parent, _, name = path.rpartition(".")
        return getattr(_object(parent), name)


def private_names(class_: type) -> set[str]:
    """Private names of a library's class: its own, and those that it gives its instances."""
    names = set(dir(class_))
    for base in class_.__mro__:
        try:
            names |= set(re.findall(r"self\.(_\w+)", inspect.getsource(base)))
        except (OSError, TypeError):
            continue  # written in C, or built in
    return {name for name in names if is_private(name)}
