"""Links that open a page of a shop with its heatmap drawn over it.

The token in the link grants exactly one thing: the heatmap of one page of one store, for pages of
one origin, until it ends. It ends with the key that it was made with. It follows the `#`, so
browsers send it to no server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.signed_tokens import read_token, token_of

#: The installation's key is bound to it, so that signatures made for other uses are invalid.
PURPOSE = b"storepulse.heatmap.overlay"
LONGEST_SECONDS = 3_600
SHORTEST_SECONDS = 60
#: The length with the longest possible path.
MOST_CHARACTERS = 4_096
MARK = "storepulse_overlay="


class OverlayGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token opens. `page` is a path before the store's patterns, `key_id` the key that the
    token was made with, `until` in epoch seconds."""

    store_id: UUID
    page: str
    origin: str
    key_id: UUID
    until: int
    version: Literal[1] = 1


class GrantEnded(Exception):
    """The token was valid but has expired."""

    def __init__(self, grant: OverlayGrant) -> None:
        super().__init__("the token has ended")
        self.grant = grant


def link_of(url: str, grant: OverlayGrant, key: bytes) -> tuple[str, str]:
    """A grant's token, and the page's URL with it after the `#`. Raises Rejected."""
    token = token_of(grant, key)
    if len(token) > MOST_CHARACTERS:
        raise Rejected("url", "has too long a path for a link")
    parts = urlsplit(url)
    fragment = f"{parts.fragment}&{MARK}{token}" if parts.fragment else f"{MARK}{token}"
    return token, urlunsplit(parts._replace(fragment=fragment))


def read_grant(token: str, keys: Sequence[bytes], now: float) -> OverlayGrant:
    """The grant in a token that one of the keys signed. `now` is in epoch seconds.

    Raises Unreadable, NotSigned, GrantEnded.
    """
    grant = read_token(token, keys, OverlayGrant, MOST_CHARACTERS)
    if grant.until <= now:
        raise GrantEnded(grant)
    return grant
