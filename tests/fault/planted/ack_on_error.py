"""`take()`'s way: a slice whose write fails is acknowledged all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from storepulse import cli
from storepulse.domain.errors import Transient
from storepulse.slices.consumer import SliceOutcome
from storepulse.slices.writer import PatientWriter


def write(self: Any, prepared: Any, place: Any, beginning: Callable[[], int]) -> SliceOutcome:
    try:
        return self._ensure_open().apply(prepared, place, beginning)  # type: ignore[no-any-return]
    except (psycopg.Error, Transient):
        self.close()
        return SliceOutcome()


if __name__ == "__main__":
    PatientWriter.write = write  # type: ignore[method-assign]
    cli.main()
