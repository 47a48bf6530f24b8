"""Pictures of pages, which heatmaps are drawn over: storing and removing them.

A page has one picture per class of device, the newest. Storing and removing are in the audit trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import Caller, UnknownObject, check_store
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.picture_files import PlacedElement, read_picture

STATEMENTS = named_sql(
    "access/heatmap_pictures",
    patterns="store_id",
    selectors="store_id page count",
    put="picture_id store_id page device media_type width height picture elements source taken_at"
    " taken_by",
    of_page="store_id names",
    file="store_id picture_id",
    remove="store_id picture_id",
)
#: Most elements whose position is stored with a picture.
MOST_ELEMENTS = 500

Device = Literal["desktop", "tablet", "mobile"]
Source = Literal["captured", "uploaded"]


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture of a page, rendered in a window of `width` CSS pixels."""

    page: str
    device: Device
    data: bytes
    width: int
    source: Source
    elements: Sequence[PlacedElement] = ()


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A stored picture; its size is that of the page, in CSS pixels."""

    picture_id: UUID
    page: str
    device: Device
    media_type: str
    width: int
    height: int


def patterns_of_store(connection: Connection, store_id: UUID) -> tuple[str, ...]:
    """The patterns that a store's pages are counted under, in their order."""
    rows = connection.execute(STATEMENTS["patterns"], {"store_id": store_id})
    return tuple(pattern for (pattern,) in rows)


def selectors_of_page(connection: Connection, store_id: UUID, page: str) -> list[str]:
    """The selectors of a page with the most events."""
    asked = {"store_id": store_id, "page": page, "count": MOST_ELEMENTS}
    return [selector for (selector,) in connection.execute(STATEMENTS["selectors"], asked)]


def put_picture(
    connection: Connection, caller: Caller, store_id: UUID, new: NewPicture, now: datetime
) -> StoredPicture:
    """Store a picture, replacing the previous one. Raises Rejected, NotAllowed."""
    check_store(caller, store_id)
    file = read_picture(new.data)
    height = max(1, round(file.height * new.width / file.width))
    stored = StoredPicture(uuid4(), new.page, new.device, file.media_type, new.width, height)
    row = {
        **asdict(stored),
        "store_id": store_id,
        "picture": new.data,
        "elements": Jsonb([asdict(one) for one in new.elements[:MOST_ELEMENTS]]),
        "source": new.source,
        "taken_at": now,
        "taken_by": caller.name,
    }
    with connection.transaction():
        connection.execute(STATEMENTS["put"], row)
        after = {"page": new.page, "device": new.device, "source": new.source}
        write_entry(
            connection, caller.name, "picture.stored", stored.picture_id,
            store_id=store_id, after=after,
        )  # fmt: skip
    return stored


def remove_picture(
    connection: Connection, caller: Caller, store_id: UUID, picture_id: UUID
) -> None:
    """Remove a picture. Raises UnknownObject, NotAllowed."""
    check_store(caller, store_id)
    with connection.transaction():
        asked = {"store_id": store_id, "picture_id": picture_id}
        row = connection.execute(STATEMENTS["remove"], asked).fetchone()
        if row is None:
            raise UnknownObject("picture_id", f"there is no picture {picture_id}")
        before = {"page": row[0], "device": row[1]}
        write_entry(
            connection, caller.name, "picture.removed", picture_id, store_id=store_id, before=before
        )
