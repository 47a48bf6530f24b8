"""Tokens of previews: who signed them, and how long they count."""

from __future__ import annotations

from uuid import UUID

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.previews import Preview, preview_token, read_preview

PREVIEW = Preview(
    UUID("11111111-1111-4111-8111-111111111111"),
    UUID("22222222-2222-4222-8222-222222222222"),
    "green",
    2_000,
)
KEY, OTHER = b"k" * 32, b"o" * 32
TOKEN = preview_token(PREVIEW, KEY)


def test_a_token_says_what_was_signed() -> None:
    assert read_preview(TOKEN, [KEY], 1_999.9) == PREVIEW
    assert read_preview(TOKEN, [OTHER, KEY], 0) == PREVIEW
    assert all(c.isalnum() or c in "-_." for c in TOKEN)


@pytest.mark.parametrize(
    ("token", "keys", "now"),
    [
        (TOKEN, [KEY], 2_000),
        (TOKEN, [OTHER], 0),
        (TOKEN, [], 0),
        (TOKEN[:-1], [KEY], 0),
        ("x" + TOKEN, [KEY], 0),
        (TOKEN.partition(".")[0], [KEY], 0),
        ("", [KEY], 0),
        (".", [KEY], 0),
        ("ä.ö", [KEY], 0),
        (TOKEN + "A" * 2_000, [KEY], 0),
    ],
)
def test_any_other_token_is_refused(token: str, keys: list[bytes], now: float) -> None:
    with pytest.raises(Rejected) as refused:
        read_preview(token, keys, now)
    assert refused.value.field == "preview"


def test_what_a_key_signed_that_is_no_preview_is_refused() -> None:
    class Odd(Preview):  # the same fields, another meaning
        pass

    odd = preview_token(Odd(PREVIEW.store_id, PREVIEW.test_id, "x", "soon"), KEY)  # type: ignore[arg-type]
    with pytest.raises(Rejected):
        read_preview(odd, [KEY], 0)
