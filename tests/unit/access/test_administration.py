"""What an administrator may do with stores and keys."""

from __future__ import annotations

from uuid import UUID

import pytest

from storepulse.access.rules import administration as rules
from storepulse.access.rules.administration import Caller, Conflict, NotAllowed
from storepulse.domain.errors import Rejected

OWN, OTHER, KEY = UUID(int=1), UUID(int=2), UUID(int=3)
OF_STORE = Caller("ssk_a…", KEY, ("admin", "ingest"), OWN)
OF_ALL = Caller("ssk_b…", KEY, ("admin", "ingest"), None)


@pytest.mark.parametrize(
    ("caller", "scopes", "store", "is_allowed"),
    [
        (OF_STORE, ["ingest"], OWN, True),
        (OF_STORE, ["admin", "ingest"], OWN, True),
        (OF_STORE, ["read"], OWN, False),
        (OF_STORE, ["admin", "ops"], OWN, False),
        (OF_STORE, ["ingest"], OTHER, False),
        (OF_STORE, ["ingest"], None, False),
        (OF_ALL, ["ingest"], None, True),
        (OF_ALL, ["ingest"], OTHER, True),
        (OF_ALL, ["read"], OTHER, False),
        (rules.CLI, ["ingest", "read", "admin", "ops"], None, True),
    ],
)
def test_nobody_makes_a_key_that_may_more(
    caller: Caller, scopes: list[str], store: UUID | None, *, is_allowed: bool
) -> None:
    if is_allowed:
        rules.check_minting(caller, scopes, store)
    else:
        with pytest.raises(NotAllowed):
            rules.check_minting(caller, scopes, store)


def test_nobody_revokes_the_key_in_hand() -> None:
    with pytest.raises(Conflict, match="very call"):
        rules.check_revoking(OF_ALL, KEY)
    rules.check_revoking(OF_ALL, OTHER)
    rules.check_revoking(rules.CLI, KEY)


@pytest.mark.parametrize(
    ("kind", "scopes", "field"),
    [
        ("publishable", ["read"], "scopes"),
        ("publishable", ["ingest", "admin"], "scopes"),
        ("secret", [], "scopes"),
        ("secret", ["everything"], "scopes"),
        ("private", ["read"], "kind"),
    ],
)
def test_scopes_that_no_key_has(kind: str, scopes: list[str], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        rules.normal_scopes(kind, scopes)
    assert refused.value.field == field


def test_scopes_in_their_order_and_once() -> None:
    assert rules.normal_scopes("secret", ["ops", "read", "ops"]) == ["read", "ops"]
    assert rules.normal_scopes("publishable", []) == ["ingest"]


@pytest.mark.parametrize("name", ["a\u0000b", "a\nb", "\x1b[31m", "\u202eabc", "a" * 101])
def test_a_label_is_short_and_can_be_printed(name: str) -> None:
    with pytest.raises(Rejected, match="name"):
        rules.normal_name(name)


def test_a_label_of_blanks_is_none() -> None:
    assert rules.normal_name("  ") is None
    assert rules.normal_name(" Läden 東京 ") == "Läden 東京"
