"""The files of a run: the manifest (JSON), and every accepted event once (NDJSON).

The events file has the fresh events of each session in the order in which they were sent, with the
fields from which every stored number can be computed. It is written during the run, and contains
accepted events only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from storepulse.demo.traffic import DAY, OLDEST_START_DAYS


def events_file(manifest: Path) -> Path:
    """`run.json` has its events in `run.json.events.ndjson`."""
    return manifest.with_name(manifest.name + ".events.ndjson")


@contextmanager
def event_writer(manifest: Path) -> Iterator[Any]:
    """Yields a function that appends events to the run's file, which is flushed at the end."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    with events_file(manifest).open("wb") as file:
        yield lambda events: file.write(encoder.encode_lines(events))


def write(manifest: Path, document: dict[str, Any]) -> None:
    """Writes the manifest as indented JSON."""
    manifest.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def start_of(manifest: Path, seed: int, shops: int, now: int) -> int:
    """The start of a run, epoch milliseconds.

    Takes the start of the existing manifest if it has the same seed and shops and is young enough,
    else the last midnight, UTC. So a second run with the same seed repeats the first, also after
    midnight.
    """
    try:
        old = msgspec.json.decode(manifest.read_bytes())
        start, same = int(old["start"]), (old["seed"], len(old["shops"])) == (seed, shops)
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        same, start = False, 0
    if same and now - OLDEST_START_DAYS * DAY <= start <= now:
        return start
    return now - now % DAY
