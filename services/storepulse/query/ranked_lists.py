"""Lists whose entries are sorted by a figure of a period, in pages.

`sort` names a column; with a leading minus the order is descending. Ids break ties. A cursor
contains the last entry's figure and id. Figures that change while pages are read may move entries
across the cursor; those appear twice or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.lists import CountedList
from storepulse.query.periods import LimitedPeriod
from storepulse.query.wire import Json, OneStore

#: More digits than any figure has: the cursor's value becomes a number in a statement.
_FIGURE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,12})?").fullmatch


class RankedPeriod(LimitedPeriod):
    """A period of a store, and a page of its list."""

    store_id: OneStore = None
    currency: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="The currency whose amounts `revenue` sorts by; default: the most frequent one",
        examples=["EUR"],
    )
    cursor: str | None = Field(
        None, max_length=4096, description="`next_cursor` of the page before this one"
    )


class RankedList(CountedList):
    """A page of a ranked list."""

    currency: str | None = Field(
        description="The currency whose amounts `revenue` sorts by; null where nothing was sold"
    )
    next_cursor: str | None = Field(description="Null on the last page")


@dataclass(frozen=True, slots=True)
class ListRanking:
    """The order of a list, and where its page begins. `id_column`: the id of its entries."""

    listing: str
    column: str
    id_column: str
    descending: bool
    after: Decimal | str | None = None
    after_id: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the statement."""
        return {"after": self.after, "after_id": self.after_id}

    def choose(self, statements: Mapping[str, Statement]) -> Statement:
        """The statement `greatest_first` or `least_first`, for the column."""
        name = "greatest_first" if self.descending else "least_first"
        return statements[name].with_names(sort=self.column)

    def cursor_after(self, row: Json) -> str:
        """The cursor of the page after this row."""
        return pages.cursor_of_place(self.listing, str(row[self.column]), row[self.id_column])


def ranking_of(
    name: str, sort: str, id_column: str, store_id: UUID, cursor: str | None, currency: str | None
) -> ListRanking:
    """The ranking that a request asks for. Raises Rejected if the cursor is of another list,
    order or currency."""
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    listing = f"{name} {sort}"
    if column == "revenue":
        listing += f" {currency}"
    ranking = ListRanking(pages.listing_of(listing, store_id), column, id_column, descending)
    if cursor is None:
        return ranking
    value, row_id = pages.place_of(ranking.listing, cursor, str)
    after: Decimal | str = str(value)
    if column != id_column:
        if _FIGURE(str(value)) is None:
            raise Rejected("cursor", "is not a cursor that this list gave")
        after = Decimal(str(value))
    return ListRanking(ranking.listing, column, id_column, descending, after, row_id)
