"""What the tests of the agents' loop share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storepulse.slices import pipeline
from storepulse.slices.driver import fetching


class Left(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why the process would have ended; the end itself is `Left`, which nothing catches."""
    reasons: list[str] = []

    def leave(reason: str, **context: Any) -> None:
        reasons.append(f"{reason}: {context}")
        raise Left(reason)

    monkeypatch.setattr(pipeline, "leave", leave)
    return reasons


@pytest.fixture
def fetching_as_it_was() -> Iterator[None]:
    """What a test configures ends with it."""
    before = (fetching._slice_records, fetching._gather_seconds)
    yield
    fetching.configure(*before)
