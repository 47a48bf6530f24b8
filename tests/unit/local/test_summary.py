"""The summary shows what a newcomer needs and no password."""

from __future__ import annotations

import io
import json
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import without_password
from storepulse.local import summary
from storepulse.local.database_passwords import EMBEDDED, RolePasswords, keep_passwords
from storepulse.local.servers import connected

KEPT = RolePasswords("127.0.0.1:4321", "storepulse_owner", {"storepulse_operator": "s/cret"})
SETTINGS = Settings(
    database_url=SecretStr("postgresql://storepulse:hunter2@127.0.0.1:15432/storepulse")
)
LINK = "http://127.0.0.1:8081/analytics/sign-in#" + "t" * 43


def test_the_screen_has_addresses_key_and_an_unbroken_line_to_try() -> None:
    result = summary.summarise(SETTINGS, "ssk_" + "x" * 43, LINK, detached=False)
    screen = io.StringIO()
    summary.show(result, Console(file=screen, width=80))
    text = screen.getvalue()
    for expected in ("http://127.0.0.1:8080", "ssk_xxx", "127.0.0.1:19092", "Ctrl-C"):
        assert expected in text
    assert result.try_it in text.splitlines()
    assert result.read_it in text.splitlines()
    assert LINK in text.splitlines()
    assert "/api/cart-tracking/events" in result.read_it
    assert "Bearer ssk_x" in result.read_it
    assert "hunter2" not in text


def test_json_has_the_same_and_no_password() -> None:
    text = summary.as_json(summary.summarise(SETTINGS, "ssk_1", LINK, detached=True))
    assert json.loads(text)["stop"] == "storepulse down"
    assert "hunter2" not in text


def test_passwords_are_taken_out_of_connection_strings() -> None:
    assert without_password("postgresql://u:p@h:1/d") == "postgresql://u@h:1/d"
    assert without_password("postgresql://u@h/d") == "postgresql://u@h/d"
    assert without_password("postgresql://u:a@b@h/d") == "postgresql://u@h/d"


def test_commands_beside_up_find_its_servers(tmp_path: Path) -> None:
    keep_passwords(tmp_path, EMBEDDED, KEPT)
    there = connected(Settings(home=tmp_path, kafka_port=1234, postgres_port=4321))
    assert there.kafka_bootstrap_servers == "127.0.0.1:1234"
    assert there.dsn == "postgresql://storepulse_operator:s%2Fcret@127.0.0.1:4321/storepulse"


def test_addresses_from_outside_stay(tmp_path: Path) -> None:
    keep_passwords(tmp_path, EMBEDDED, KEPT)
    given = Settings(
        home=tmp_path,
        kafka_bootstrap_servers="kafka:9092",
        database_url=SecretStr("postgresql://db/x"),
    )
    assert connected(given) == given
