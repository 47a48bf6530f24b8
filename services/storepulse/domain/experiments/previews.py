"""Links that show a variant to anybody who opens them, without assignment or counting.

A token contains the store, the test, the variant and the time of its end (`domain.signed_tokens`).
The test may have any status, including draft. A token contains no secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.domain.signed_tokens import NotSigned, Unreadable, read_token, token_of

#: The installation's key is bound to it, so that signatures made for other uses are invalid.
PURPOSE = b"storepulse.experiments.preview"
LONGEST_SECONDS = 7 * 86_400
USUAL_SECONDS = 3_600
#: Far above the length of a token.
MOST_CHARACTERS = 1_024
FIELD = "preview"


class Preview(msgspec.Struct, frozen=True):
    """The contents of a token. `until` is in epoch seconds."""

    store_id: UUID
    test_id: UUID
    variant_id: str
    until: int


def preview_token(preview: Preview, key: bytes) -> str:
    """The token of a preview."""
    return token_of(preview, key)


def read_preview(token: str, keys: Sequence[bytes], now: float) -> Preview:
    """The contents of a token that one of the keys signed. `now` is in epoch seconds.

    Raises Rejected for a token that was changed, was signed elsewhere, or has expired.
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
