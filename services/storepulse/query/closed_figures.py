"""Sums over closed days, cached while they are valid.

A list of products or terms over a long period adds up thousands of rows per day, and all days but
the last ones are closed: over in every time zone. One statement sums the closed days and returns
arrays. Another takes the arrays as parameters, adds the days since, and makes the list.

Rules: a transaction that changes a closed day records that in `late_changes`. As long as the
entries of a period add up to the same number, its sums are valid; both are read in one snapshot.
Sums expire after an hour anyway, in case someone changes a table by hand. A sum that is too large
is not cached: its list is made from the rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any
from uuid import UUID

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.postgres.statement import Statement

_SQL = named_sql("query/closed_figures", changes="store_id store_name figures first_day closed_end")
#: Version of a sum: the number of changes, and the store that a name resolves to.
Version = tuple[int, UUID | None]
_Key = tuple[Any, ...]
#: How long sums are kept, in seconds.
KEPT_SECONDS = 3600.0
#: Limits: entries in the arrays of one sum, characters of one sum, characters of all sums.
MOST_ENTRIES = 50_000
MOST_CHARACTERS = 4_000_000
MOST_IN_ALL = 64_000_000


@dataclass(frozen=True, slots=True)
class ClosedSum:
    """A statement that sums the days before `closed_end`.

    `figures`: the figures it reads, by their names in `late_changes`. It returns one row:
    `entries`, and arrays as text. The arrays are not used if `entries` exceeds the parameter
    `most`.
    """

    statement: Statement
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """`is_large`: the arrays are empty because they would be too large."""

    version: Version
    since: float
    arrays: Mapping[str, str]
    is_large: bool

    @property
    def size(self) -> int:
        return 200 + sum(map(len, self.arrays.values()))


class ClosedFigures:
    """A cache of the sums that were requested last."""

    def __init__(
        self, most_in_all: int = MOST_IN_ALL, clock: Callable[[], float] = monotonic
    ) -> None:
        """`most_in_all`: characters to keep. `clock`: monotonic seconds."""
        self._most_in_all = most_in_all
        self._clock = clock
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._size = 0

    async def parameters(
        self, reads: ReadSnapshot, asked: ClosedSum, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arrays, and `closed_end`: the first day that is not in them.

        `parameters`: those of the statement, with `first_day`, `closed_end` and `store_id`, and
        with `store_name` if the store is found by its domain.
        """
        given = {name: parameters.get(name) for name in asked.statement.parameters}
        given["most"] = MOST_ENTRIES
        key: _Key = (asked.statement, *sorted((name, repr(value)) for name, value in given.items()))
        row = await reads.row(
            _SQL["changes"],
            {
                "store_id": parameters["store_id"],
                "store_name": parameters.get("store_name"),
                "figures": list(asked.figures),
                "first_day": parameters["first_day"],
                "closed_end": parameters["closed_end"],
            },
        )
        version = row["changes"], row["named"]
        known = self._known.get(key)
        if known is None or known.version != version or self._is_old(known):
            known = await self._sum(reads, asked.statement, given, version)
            self._keep(key, known)
        self._known.move_to_end(key)
        closed_end = parameters["closed_end"]
        if known.is_large:
            closed_end = parameters["first_day"] or date.min
        return {**known.arrays, "closed_end": closed_end}

    async def _sum(
        self, reads: ReadSnapshot, statement: Statement, given: Mapping[str, Any], version: Version
    ) -> _Known:
        row = await reads.row(statement, given)
        arrays = {name: value for name, value in row.items() if name != "entries"}
        is_large = row["entries"] > MOST_ENTRIES or (
            sum(map(len, arrays.values())) > MOST_CHARACTERS
        )
        if is_large:
            arrays = dict.fromkeys(arrays, "{}")
        return _Known(version, self._clock(), arrays, is_large)

    def _is_old(self, known: _Known) -> bool:
        return self._clock() - known.since > KEPT_SECONDS

    def _keep(self, key: _Key, known: _Known) -> None:
        before = self._known.pop(key, None)
        self._known[key] = known
        self._size += known.size - (before.size if before else 0)
        while self._size > self._most_in_all and len(self._known) > 1:
            self._size -= self._known.popitem(last=False)[1].size
