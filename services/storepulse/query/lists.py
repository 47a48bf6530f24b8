"""Lists that answer their first entries and say how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

#: Up to here a list's total is exact.
MOST_COUNTED = 10_000


class CountedList(BaseModel):
    """A list whose answer holds its first entries."""

    total: int = Field(
        description=f"Entries of the whole list; {MOST_COUNTED} where there are more", examples=[42]
    )
    more: bool = Field(description="Whether there are more entries than `total` says")


def total_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of an answer that is a `CountedList`. Each of the rows, which are the first ones
    of the list, says in `listed` how many there are."""
    listed = rows[0]["listed"] if rows else 0
    return {"total": min(listed, MOST_COUNTED), "more": listed > MOST_COUNTED}
