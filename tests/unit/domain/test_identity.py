"""Ids: version 5 and 7, canonical forms, what derives what."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain import identity
from storepulse.domain.errors import Rejected

STORE = "11111111-1111-4111-8111-111111111111"
OTHER_STORE = "22222222-2222-4222-8222-222222222222"
SPACE = identity.namespace_of(STORE, "cart", trusted=False)


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


def test_keys_give_one_id_in_one_space() -> None:
    assert identity.id_of_key(SPACE, "k") == identity.id_of_key(SPACE, "k")
    assert identity.id_of_key(SPACE, "k") != identity.id_of_key(SPACE, "K")
    spaces = {
        identity.namespace_of(store, stream, trusted=trusted)
        for store in (STORE, OTHER_STORE)
        for stream in ("cart", "landing")
        for trusted in (False, True)
    }
    assert len({identity.id_of_key(space, "k") for space in spaces}) == 8


def test_derived_ids_are_what_the_subscribers_page_says() -> None:
    namespace, name = uuid.UUID(STORE), "cart:publishable:key:order 7"
    assert identity.id_of_key(SPACE, "order 7") == str(uuid.uuid5(namespace, name))
    trusted = identity.namespace_of(STORE, "landing", trusted=True)
    name = "landing:secret:key:order 7"
    assert identity.id_of_key(trusted, "order 7") == str(uuid.uuid5(namespace, name))


def test_a_key_that_is_a_uuid_is_a_key_like_others() -> None:
    assert identity.id_of_key(SPACE, OTHER_STORE) != OTHER_STORE
    assert identity.id_of_key(SPACE, OTHER_STORE.upper()) != OTHER_STORE


def test_content_ids_differ_with_all_that_tells_two_acts_apart() -> None:
    base = (b"s", 1, b"v", b"203.0.113.7", b"own")
    others = [
        (b"t", 1, b"v", b"203.0.113.7", b"own"),
        (b"s", 2, b"v", b"203.0.113.7", b"own"),
        (b"s", 1, b"w", b"203.0.113.7", b"own"),
        (b"s", 1, b"", b"203.0.113.7", b"own"),
        (b"s", 1, b"v", b"203.0.113.8", b"own"),
        (b"s", 1, b"v", b"", b"own"),
        (b"s", 1, b"v", b"203.0.113.7", b"owm"),
        (b"s", 1, b"v203.0.113.7", b"", b"own"),
        (b"", 1, b"sv", b"203.0.113.7", b"own"),
    ]
    ids = [identity.id_of_content(SPACE, *content) for content in (base, base, *others)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 1 + len(others)


@pytest.mark.parametrize("key", ["spk_abc", "ssk_abc"])
def test_an_api_key_is_no_correlation_id(key: str) -> None:
    assert identity.is_correlation(key) is None
    assert identity.is_correlation("sk_" + key) is not None


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
