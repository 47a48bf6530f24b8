"""Query parameters of the schema registry, parsed as Confluent's registry does.

Rules: a flag is set by `true` in any case, and by nothing else. An invalid number gives 404. A
limit below one means no limit. Unknown parameters are ignored. Nothing is ever deleted here, so
`deleted` has no effect and `deletedOnly` gives an empty list.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import BeforeValidator

from storepulse.contracts.registry import whole_number_of


def _is_set(sent: object) -> bool:
    return str(sent).lower() == "true"


def _number(sent: object) -> int:
    number = whole_number_of(str(sent))
    if number is None:
        raise ValueError("is not a 32-bit integer")
    return number


Flag = Annotated[bool, BeforeValidator(_is_set)]
Number = Annotated[int, BeforeValidator(_number)]

SchemaId = Annotated[Number, Path(description="Id of a schema, as it stands in a record's header")]
Subject = Annotated[str, Path(description="`<topic>-value`", examples=["events.cart.v1-value"])]
Version = Annotated[
    str, Path(description="Number of a version; `latest` or -1 for the newest", examples=["latest"])
]
Prefix = Annotated[
    str, Query(alias="subjectPrefix", description="Subjects alone whose names begin so")
]
LatestOnly = Annotated[
    Flag, Query(alias="latestOnly", description="The newest version of each subject alone")
]
Deleted = Annotated[Flag, Query(description="Deleted ones too; nothing is ever deleted here")]
DeletedOnly = Annotated[
    Flag, Query(alias="deletedOnly", description="Deleted ones alone; nothing is ever deleted here")
]
DefaultToGlobal = Annotated[
    Flag,
    Query(alias="defaultToGlobal", description="For a subject that is not there, what all have"),
]
FetchMaxId = Annotated[
    Flag, Query(alias="fetchMaxId", description="With the highest id of any schema")
]
Verbose = Annotated[Flag, Query(description="With the reasons")]


def _page(
    offset: Annotated[Number, Query(description="How many entries are left out")] = 0,
    limit: Annotated[
        Number, Query(description="How many entries are listed at most; all where below 1")
    ] = -1,
) -> slice:
    first = max(offset, 0)
    return slice(first, first + limit if limit > 0 else None)


#: The requested part of a list.
Page = Annotated[slice, Depends(_page)]
