"""Ids: version 5 and 7, canonical forms, what derives what."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain import identity
from storepulse.domain.errors import Rejected

STORE = "11111111-1111-4111-8111-111111111111"
SPACE = identity.namespace_of(STORE)


@given(st.uuids(), st.binary(max_size=50))
def test_uuid5_equals_the_standard_librarys(namespace: uuid.UUID, name: bytes) -> None:
    text = name.decode("latin-1")
    assert identity.uuid5(namespace.bytes, text.encode()) == str(uuid.uuid5(namespace, text))


@given(st.integers(0, 2**48 - 1), st.text("0123456789abcdef", min_size=18, max_size=18))
def test_uuid7_holds_its_time_version_and_variant(ms: int, digits: str) -> None:
    made = uuid.UUID(identity.uuid7(identity.uuid7_prefix(ms), digits))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == ms
    assert str(made).replace("-", "")[13:16] == digits[:3]


@pytest.mark.parametrize("bad", ["", "x", STORE + "\n", STORE.replace("-", ""), "{" + STORE + "}"])
def test_only_hyphenated_uuids_are_uuids(bad: str) -> None:
    with pytest.raises(Rejected):
        identity.canonical_uuid("event_id", bad)


def test_keys_give_one_id_in_one_store() -> None:
    other = identity.namespace_of("22222222-2222-4222-8222-222222222222")
    assert identity.id_of_key(SPACE, "k") == identity.id_of_key(SPACE, "k")
    assert identity.id_of_key(SPACE, "k") != identity.id_of_key(other, "k")
    assert identity.id_of_key(SPACE, "k") != identity.id_of_key(SPACE, "K")
    assert identity.id_of_key(SPACE, STORE.upper()) == STORE


def test_content_ids_differ_with_session_time_and_content() -> None:
    base = identity.id_of_content(SPACE, "s", 1, b"own")
    assert base == identity.id_of_content(SPACE, "s", 1, b"own")
    others = {
        identity.id_of_content(SPACE, "t", 1, b"own"),
        identity.id_of_content(SPACE, "s", 2, b"own"),
        identity.id_of_content(SPACE, "s", 1, b"owm"),
    }
    assert base not in others
    assert len(others) == 3


def test_derived_correlation_is_well_formed_and_stable() -> None:
    found = identity.derived_correlation(STORE, "session")
    assert identity.is_correlation(found)
    assert found == identity.derived_correlation(STORE, "session")
    assert found != identity.derived_correlation(STORE, "session2")


@pytest.mark.parametrize("session", ["a", "A-b_9", "x" * 128])
def test_sessions(session: str) -> None:
    assert identity.is_session(session)


@pytest.mark.parametrize("session", ["", "x" * 129, "a b", "a\n", "ü", "a.b", "a\0"])
def test_no_sessions(session: str) -> None:
    assert identity.is_session(session) is None
