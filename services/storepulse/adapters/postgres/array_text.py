"""PostgreSQL's arrays as text: what psycopg makes of a list costs a microsecond an element, and
queue and outcomes hand over dozens of elements a delivery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def array_text(elements: Iterable[datetime | str | float | None]) -> str:
    """An array of ids, numbers, times or words of ours; None is NULL.

    Nothing is quoted: text that others chose goes in a list, never through here.
    """
    return "{" + ",".join(map(_element, elements)) + "}"


def _element(value: datetime | str | float | None) -> str:
    if type(value) is str:
        return value
    if value is None:
        return "NULL"
    return value.isoformat() if isinstance(value, datetime) else str(value)
