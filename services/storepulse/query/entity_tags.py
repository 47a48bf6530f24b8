"""Entity tags: a change based on an outdated read is refused.

An answer's `ETag` is the version of what it shows. A change with that tag in `If-Match` gets 409 if
the version is a different one by now. Without the header, or with `*`, the change is always made.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Header, Response

from storepulse.domain.errors import Rejected

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"').fullmatch

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of an answer: the change is refused with 409 where it is another now",
        examples=['"3"'],
    ),
]


def tag_responses_of(status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of the header, for an answer with this status."""
    header = {"description": "The version of what is shown", "schema": {"type": "string"}}
    return {status: {"headers": {"ETag": header}}}


def version_of(if_match: str | None) -> int | None:
    """The version that a change expects; None: any. Raises Rejected."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG(if_match.strip())
    if tag is None:
        raise Rejected("If-Match", 'must be the ETag of an answer, such as "3"')
    return int(tag[1])


def tag(response: Response, version: int) -> None:
    """Set the version that an answer shows."""
    response.headers["ETag"] = f'"{version}"'
