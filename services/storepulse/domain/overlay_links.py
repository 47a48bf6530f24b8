"""Links that open a page of a shop with its heatmap drawn over it.

The token in the link holds what it opens and nothing else: the heatmap of one page of one store,
for pages of one origin, until it ends. It is as good as the key that it was made with: it ends
with that key. It stands behind the `#`, which browsers send to no server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.signed_tokens import read_token, token_of

#: What the installation's key is bound to, so that a signature of one use is none of another.
PURPOSE = b"storepulse.heatmap.overlay"
LONGEST_SECONDS = 3_600
SHORTEST_SECONDS = 60
#: That of a page whose path is as long as paths may be.
MOST_CHARACTERS = 4_096
MARK = "storepulse_overlay="


class OverlayGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token opens. `page` is a path before any pattern of the store, `key_id` the key that
    the token was made with, `until` in epoch seconds."""

    store_id: UUID
    page: str
    origin: str
    key_id: UUID
    until: int
    version: Literal[1] = 1


class GrantEnded(Exception):
    """The token was good; its time is over."""

    def __init__(self, grant: OverlayGrant) -> None:
        super().__init__("the token has ended")
        self.grant = grant


def link_of(url: str, grant: OverlayGrant, key: bytes) -> tuple[str, str]:
    """A grant's token, and the page with it behind the `#`. Raises Rejected."""
    token = token_of(grant, key)
    if len(token) > MOST_CHARACTERS:
        raise Rejected("url", "has too long a path for a link")
    parts = urlsplit(url)
    fragment = f"{parts.fragment}&{MARK}{token}" if parts.fragment else f"{MARK}{token}"
    return token, urlunsplit(parts._replace(fragment=fragment))


def read_grant(token: str, keys: Sequence[bytes], now: float) -> OverlayGrant:
    """What a token grants that one of the keys signed. `now` is in epoch seconds.

    Raises Unreadable, NotSigned, GrantEnded.
    """
    grant = read_token(token, keys, OverlayGrant, MOST_CHARACTERS)
    if grant.until <= now:
        raise GrantEnded(grant)
    return grant
