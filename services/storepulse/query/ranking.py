"""Lists that are ranked by one of their columns, least or greatest first, in pages.

Rules: figures come with the greatest first unless the request says otherwise, text with the first
letters; text goes by its code points in lower case, by its first 200 characters. Equal entries go
by their id. Entries without the figure come last either way. A cursor holds for its list, its store
and its order; figures change while pages are read, so that an entry that moves meanwhile may be
there again, or not at all.

    ranking = Ranking.of(query, "products", store_id, texts=("name",))
    rows = await reads.rows(statement, {**parameters, **ranking.parameters})
    return Products(**total_of(rows), **ranking.page_of(rows, Product), ...)

The statement has the columns `place_number`, `place_text` and `place_id` and goes by `{follows}`
and `{in_order}`. It has one row at least: `place_id` is null where no entry is.
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
    """A page of a ranked list. A list adds `sort`, with the names of its columns."""

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
    """What `Ranking` asks of a request."""

    sort: Any
    order: Order | None
    cursor: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of a list, and the place behind which a page begins."""

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
        """The order that a request asks for, of the list of this name; `texts`: those of its
        columns that are text. Raises Rejected where the cursor is not of this list and order."""
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
        """Parameters of the statement: one row more than a page says whether there are more."""
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
        """The cursor of the next page; None where there is none."""
        if len(rows) <= self.limit:
            return None
        last = rows[self.limit - 1]
        value = last["place_text"] if self.is_text else last["place_number"]
        return pages.cursor_of_place(self.listing, value, last["place_id"])
