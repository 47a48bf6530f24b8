"""Lists that return their first entries and the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

#: Up to this number, a list's total is exact.
MOST_COUNTED = 10_000


class CountedList(BaseModel):
    """A list of which the answer has the first entries."""

    total: int = Field(
        description=f"Entries of the whole list; {MOST_COUNTED} where there are more", examples=[42]
    )
    more: bool = Field(description="Whether there are more entries than `total` says")


def total_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of a `CountedList`. `rows`: the first rows of the list, each with the total in
    `listed`."""
    listed = rows[0]["listed"] if rows else 0
    return {"total": min(listed, MOST_COUNTED), "more": listed > MOST_COUNTED}
