"""The maker of each stream's beacons: the modules of `streams` are the list of streams."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import tests.fault.streams
from tests.fault.maker import Maker


def _makers() -> dict[str, Maker]:
    names = [module.name for module in iter_modules(tests.fault.streams.__path__)]
    return {name: import_module(f"tests.fault.streams.{name}").MAKER for name in names}


MAKERS = _makers()
STREAMS = tuple(MAKERS)
