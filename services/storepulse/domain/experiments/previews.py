"""Links that show a variant to whoever opens them, without assigning or counting anybody.

A token holds the store, the test, the variant and when it ends (`domain.signed_tokens`). The test
may be in any state, a draft too. A token says nothing that its reader may not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.signed_tokens import NotSigned, Unreadable, read_token, token_of

#: What the installation's key is bound to, so that a signature of one use is none of another.
PURPOSE = b"storepulse.experiments.preview"
LONGEST_SECONDS = 7 * 86_400
USUAL_SECONDS = 3_600
#: A token is much shorter.
MOST_CHARACTERS = 1_024
FIELD = "preview"


class Preview(msgspec.Struct, frozen=True):
    """What a token shows. `until` is in epoch seconds."""

    store_id: UUID
    test_id: UUID
    variant_id: str
    until: int


def preview_token(preview: Preview, key: bytes) -> str:
    """The token of a preview."""
    return token_of(preview, key)


def read_preview(token: str, keys: Sequence[bytes], now: float) -> Preview:
    """What a token shows that one of the keys signed. `now` is in epoch seconds.

    Raises Rejected for a token that was changed, made elsewhere, or has ended.
    """
    try:
        preview = read_token(token, keys, Preview, MOST_CHARACTERS)
    except Unreadable:
        raise Rejected(FIELD, "is not a preview token") from None
    except NotSigned:
        raise Rejected(FIELD, "was not signed here; ask for a new one") from None
    if preview.until <= now:
        raise Rejected(FIELD, "has ended; ask for a new one")
    return preview
