"""Sums over closed days, remembered for as long as they are right.

A list of products or terms over a long period adds up some thousand rows for each of its days, of
which all but the last are closed: over everywhere. A statement sums up the closed ones and returns
arrays; another one takes these back as parameters, adds the days since, and makes the list.

Rules: whoever changes a closed day enters that in `late_changes`, in the same transaction. While
the entries of a period add up to what they did, its sums are what they were; both are read in one
snapshot. A sum is forgotten after an hour all the same, should somebody change a table by hand. One
that is too large is not kept: its list is made of the rows.
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
#: What sums are held against: how often something changed, and the store that a name means.
Version = tuple[int, UUID | None]
_Key = tuple[Any, ...]
#: How long sums are kept, in seconds.
KEPT_SECONDS = 3600.0
#: Most entries of one sum's arrays, characters of one sum, and characters of all.
MOST_ENTRIES = 50_000
MOST_CHARACTERS = 4_000_000
MOST_IN_ALL = 64_000_000


@dataclass(frozen=True, slots=True)
class ClosedSum:
    """A statement that sums up the days before `closed_end`, and the `figures` it reads, as
    `late_changes` names them. It returns one row: `entries`, and arrays as text. Where `entries` is
    more than the parameter `most`, the arrays are not used."""

    statement: Statement
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """`is_large`: the arrays are empty, since they would be too large."""

    version: Version
    since: float
    arrays: Mapping[str, str]
    is_large: bool

    @property
    def size(self) -> int:
        return 200 + sum(map(len, self.arrays.values()))


class ClosedFigures:
    """The sums that were asked for last."""

    def __init__(
        self, most_in_all: int = MOST_IN_ALL, clock: Callable[[], float] = monotonic
    ) -> None:
        """`most_in_all`: characters that are kept. `clock`: seconds that only go forward."""
        self._most_in_all = most_in_all
        self._clock = clock
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._size = 0

    async def parameters(
        self, reads: ReadSnapshot, asked: ClosedSum, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arrays, and `closed_end`: the days from it on are not in them.

        `parameters` are those of the statement, with `first_day`, `closed_end` and `store_id`, and
        `store_name` where a store is found by its domain.
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
