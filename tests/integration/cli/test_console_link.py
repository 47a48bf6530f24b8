"""`storepulse console` prints a link that signs in once with the home folder's key."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.inline_commands import run, run_json
from tests.support.world import World

from storepulse.access.console_sessions import SignInDenied, sign_in_by_link
from storepulse.access.keys import admin_key_file, hash_of


def test_the_link_is_of_the_homes_key_and_for_one_use(world: World) -> None:
    code, out, err = run(world.settings, "console")
    assert code == 0, err
    address, _, token = out.strip().partition("#")
    assert address == f"http://127.0.0.1:{world.settings.query_port}/analytics/sign-in"
    with world.connect() as connection:
        session = sign_in_by_link(connection, token, datetime.now(UTC))
        assert bytes(session.key.key_hash) == hash_of(world.key)
        with pytest.raises(SignInDenied):
            sign_in_by_link(connection, token, datetime.now(UTC))


def test_it_leads_to_where_the_console_is_reached(world: World) -> None:
    told = run_json(world.settings, "console", "--url", "https://console.example/")
    assert told["url"].startswith("https://console.example/analytics/sign-in#")
    assert told["ends_at"].endswith("Z")
    for wrong in ("console.example", "javascript:x", "https://a.example/path", "https://["):
        code, _, err = run(world.settings, "console", "--url", wrong)
        assert code == 1
        assert "must be scheme://host" in err


def test_without_a_key_there_is_no_link(world: World) -> None:
    admin_key_file(world.settings.home).unlink()
    code, out, err = run(world.settings, "console")
    assert (code, out) == (1, "")
    assert "run `up`" in err
