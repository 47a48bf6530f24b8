"""Every stream's part of the demo: the modules of `streams` are the list."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import storepulse.demo.streams
from storepulse.demo.part import Part


def _find_parts() -> dict[str, Part]:
    names = sorted(module.name for module in iter_modules(storepulse.demo.streams.__path__))
    return {name: import_module(f"storepulse.demo.streams.{name}").PART for name in names}


PARTS = _find_parts()
