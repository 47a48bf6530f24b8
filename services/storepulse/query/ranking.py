"""Paged lists that are ranked by one of their columns, in either order.

Rules: by default, figures are in descending and text in ascending order. Text is compared by code
points, in lower case, by its first 200 characters. The id breaks ties. Entries without the figure
come last in both orders. A cursor is valid for its list, store and order. Figures change while
pages are read, so an entry that moves meanwhile may appear twice, or not at all.

    ranking = Ranking.of(query, "products", store_id, texts=("name",))
    rows = await reads.rows(statement, {**parameters, **ranking.parameters})
    return Products(**total_of(rows), **ranking.page_of(rows, Product), ...)

The statement has the columns `place_number`, `place_text` and `place_id`, and uses the fragments
`{follows}` and `{in_order}`. It returns at least one row; `place_id` is null if there is no entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from storepulse.query import pages
from storepulse.query.store_days import TopOfStore
from storepulse.query.wire import Json, Text

Order = Literal["asc", "desc"]


class RankedFilter(TopOfStore):
    """A page of a ranked list. Each list adds `sort`, with the names of its columns."""

    order: Order | None = Field(
        None, description="Least or greatest first; default: the greatest, of text the first letter"
    )
    search: Annotated[Text, StringConstraints(max_length=200)] | None = Field(
        None, description="Entries that hold this text, in any case"
    )
    cursor: str | None = Field(
        None, max_length=4096, description="`next_cursor` of the page before this one"
    )


class RankedPage(BaseModel):
    """A page of a ranked list."""

    next_cursor: str | None = Field(description="Null on the last page")


class RankedRequest(Protocol):
    """The fields of a request that `Ranking` reads."""

    sort: Any
    order: Order | None
    cursor: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of a list, and the position after which a page begins."""

    listing: str
    sort: str
    is_text: bool
    is_ascending: bool
    limit: int
    after: tuple[Any, str] | None

    @classmethod
    def of(
        cls, query: RankedRequest, name: str, store_id: UUID | None, texts: Sequence[str] = ()
    ) -> Ranking:
        """The order that a request asks for in the list of this name.

        `texts`: the list's text columns. Raises Rejected if the cursor is of another list or order.
        """
        is_text = query.sort in texts
        is_ascending = is_text if query.order is None else query.order == "asc"
        order = "asc" if is_ascending else "desc"
        listing = pages.listing_of(f"{name} by {query.sort} {order}", store_id)
        after = None
        if query.cursor:
            after = pages.place_of(listing, query.cursor, str if is_text else int)
        return cls(listing, str(query.sort), is_text, is_ascending, query.limit, after)

    @property
    def parameters(self) -> Json:
        """Parameters of the statement. One row more than a page shows whether there are more."""
        value, row_id = self.after or (None, None)
        return {
            "sort": self.sort,
            "is_ascending": self.is_ascending,
            "after_number": None if self.is_text else value,
            "after_text": value if self.is_text else None,
            "after_id": row_id,
            "count": self.limit + 1,
        }

    def entries_of(self, rows: Sequence[Json]) -> list[Json]:
        """The rows of the page."""
        return [row for row in rows[: self.limit] if row["place_id"] is not None]

    def cursor_after(self, rows: Sequence[Json]) -> str | None:
        """The cursor of the next page; None on the last one."""
        if len(rows) <= self.limit:
            return None
        last = rows[self.limit - 1]
        value = last["place_text"] if self.is_text else last["place_number"]
        return pages.cursor_of_place(self.listing, value, last["place_id"])
