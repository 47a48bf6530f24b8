"""Arrays as PostgreSQL reads them."""

from __future__ import annotations

from datetime import UTC, datetime

from storepulse.adapters.postgres.array_text import array_text


def test_ids_numbers_times_words_and_nothing() -> None:
    at = datetime(2026, 1, 31, 12, 0, 0, 7, UTC)
    assert array_text([]) == "{}"
    assert array_text(["019b7984-3c00-7a5b-a1c2-3d4e5f607182", None]) == (
        "{019b7984-3c00-7a5b-a1c2-3d4e5f607182,NULL}"
    )
    assert array_text([1, 0.25, 1e-7]) == "{1,0.25,1e-07}"
    assert array_text(iter([at])) == "{2026-01-31T12:00:00.000007+00:00}"
