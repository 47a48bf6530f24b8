"""Nobody ends the sessions of a worker that is frozen amid a COPY: its partitions wait for it."""

from __future__ import annotations

from typing import Any

from storepulse import cli
from storepulse.slices.writer import PatientWriter


def end_frozen_writers(_self: Any) -> None:
    """Ends none."""


if __name__ == "__main__":
    PatientWriter._end_frozen_writers = end_frozen_writers  # type: ignore[method-assign]
    cli.main()
