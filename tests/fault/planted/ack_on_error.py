"""`take()`'s way: a slice whose write fails is acknowledged all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from storepulse import cli
from storepulse.agents.stream_writer import StreamWriter
from storepulse.agents.transaction import Outcome
from storepulse.domain.errors import Transient


def write(self: Any, prepared: Any, place: Any, beginning: Callable[[], int]) -> Outcome:
    try:
        return self._ready().apply(prepared, place, beginning)  # type: ignore[no-any-return]
    except (psycopg.Error, Transient):
        self.close()
        return Outcome()


if __name__ == "__main__":
    StreamWriter.write = write  # type: ignore[method-assign]
    cli.main()
