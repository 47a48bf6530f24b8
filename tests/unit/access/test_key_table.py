"""What a call is told for its key, by processes that have the keys in memory."""

from __future__ import annotations

from uuid import UUID

import pytest

from storepulse.access.key_table import KeyTable
from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.rules.needs import METRICS, Need
from storepulse.adapters.http.errors import RequestRefused

READ = ApiKey(UUID(int=1), "secret", hash_of("ssk_read"), "ssk_", None, ["read"], [], False)
OPS = ApiKey(UUID(int=2), "secret", hash_of("ssk_ops"), "ssk_", None, ["ops"], [], False)


def refusal(table: KeyTable, sent_key: str | None, need: Need = METRICS) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        table.check(need, sent_key)
    return refused.value


def test_before_keys_are_read_nobody_can_be_judged() -> None:
    table = KeyTable()
    unread = refusal(table, "ssk_read")
    assert (unread.status, unread.code) == (503, "KEYS_UNAVAILABLE")
    assert unread.headers == ((b"retry-after", b"2"),)
    # Who shows none is told so at any time.
    assert refusal(table, None).code == "KEY_REQUIRED"
    table.load([])
    assert (refusal(table, "ssk_read").status, refusal(table, "ssk_read").code) == (
        401,
        "KEY_INVALID",
    )


def test_a_key_passes_where_it_has_what_the_route_wants() -> None:
    table = KeyTable()
    table.load([READ, OPS])
    table.check(METRICS, "ssk_read")
    assert (refusal(table, "ssk_ops").status, refusal(table, "ssk_ops").code) == (403, "FORBIDDEN")


def test_only_a_401_says_how_to_identify_oneself() -> None:
    table = KeyTable()
    table.load([OPS])
    assert dict(refusal(table, None).headers)[b"www-authenticate"].startswith(b"Bearer")
    assert refusal(table, "ssk_ops").headers == ()
