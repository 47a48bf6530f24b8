"""A service that may not read the table of keys knows those that it is shown."""

from __future__ import annotations

import pytest
from tests.support.world import World

from storepulse.access import keys
from storepulse.access.rules.needs import METRICS
from storepulse.adapters.http.errors import RequestRefused
from storepulse.slices.watching import key_lookup
from storepulse.slices.watching.key_lookup import KeyLookup


@pytest.mark.parametrize("service", ["agents", "delivery"])
def test_keys_are_found_and_forgotten(
    module_world: World, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_lookup, "FRESH_SECONDS", 0.0)
    made = keys.new_key("secret")
    with module_world.connect("operator") as operator:
        key_id = keys.store_key(operator, made, kind="secret", scopes=["read"])
        lookup = KeyLookup(module_world.settings_of(service).dsn)
        try:
            lookup.check(METRICS, made)
            with pytest.raises(RequestRefused):
                lookup.check(METRICS, "ssk_guessed")
            assert keys.revoke(operator, key_id)
            with pytest.raises(RequestRefused):
                lookup.check(METRICS, made)
        finally:
            lookup.close()


def test_the_last_answer_stays_while_postgresql_is_away(
    module_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_lookup, "FRESH_SECONDS", 0.0)
    lookup = KeyLookup(module_world.settings_of("agents").dsn)
    lookup.check(METRICS, module_world.key)
    opened = lookup._connection
    monkeypatch.setattr(key_lookup, "_SQL", {"find": b"SELECT 1 / 0 WHERE %(key_hash)s <> ''"})
    lookup.check(METRICS, module_world.key)
    assert opened is not None
    assert opened.closed
    monkeypatch.undo()
    monkeypatch.setattr(key_lookup, "FRESH_SECONDS", 0.0)
    lookup.check(METRICS, module_world.key)
    lookup.close()
    lookup._dsn = "postgresql://nobody@127.0.0.1:1/nowhere"
    lookup.check(METRICS, module_world.key)
    with pytest.raises(RequestRefused) as refused:
        lookup.check(METRICS, "ssk_never_seen")
    assert refused.value.status == 503
