"""Every stream by its name. The folders beside this file are the only list of streams."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import storepulse.streams
from storepulse.streams.stream import Stream


def find_streams() -> dict[str, Stream]:
    """Return the record of each folder with a `stream.py`, sorted by name."""
    folders = sorted(
        module.name for module in iter_modules(storepulse.streams.__path__) if module.ispkg
    )
    records = [import_module(f"storepulse.streams.{folder}.stream").STREAM for folder in folders]
    return {record.name: record for record in records}


STREAMS = find_streams()
