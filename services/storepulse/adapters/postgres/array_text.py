"""PostgreSQL arrays as text.

psycopg's conversion of a list costs a microsecond per element, and the queue and outcomes pass
dozens of elements per delivery.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def array_text(elements: Iterable[datetime | str | float | None]) -> str:
    """An array of ids, numbers, times or constant words; None is NULL.

    Nothing is quoted: untrusted text must go in a list, never through here.
    """
    return "{" + ",".join(map(_element, elements)) + "}"


def _element(value: datetime | str | float | None) -> str:
    if type(value) is str:
        return value
    if value is None:
        return "NULL"
    return value.isoformat() if isinstance(value, datetime) else str(value)
