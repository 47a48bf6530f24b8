"""`topics`, `migrate`, `schemas` and `keys`; exit codes of programs."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import pytest
from bench.programs import inherited_variables
from bench.world import delete_topics
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr
from tests.support.inline_commands import run, run_json
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings, environment
from storepulse.contracts.topics import load_catalog


def run_program(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "storepulse", *words],
        env=inherited_variables() | environment(settings),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_topics(world: World) -> None:
    settings = world.settings
    names = list(load_catalog(settings.topic_prefix).topics)
    listed = run_json(settings, "topics", "ls")
    assert [topic["name"] for topic in listed] == names
    assert all(topic["partitions"] == topic["declared_partitions"] for topic in listed)
    assert run_json(settings, "topics", "apply")["created"] == []

    gone = f"{settings.topic_prefix}events.cart.v1"
    admin = AdminClient(connection_config(settings))
    admin.delete_topics([gone])[gone].result()

    # A broker that is busy takes a moment to delete.
    def missing() -> bool:
        code, out, _ = run(settings, "topics", "ls")
        return code == 1 and "missing" in out

    wait_until(missing, seconds=30)
    assert run_json(settings, "topics", "apply")["created"] == [gone]

    shown = run_json(settings, "topics", "describe", gone)
    assert (shown["schema_id"], shown["subject"]) == (2003, f"{gone}-value")
    assert run(settings, "topics", "describe", "nothing")[0] == 1


def test_topics_are_listed_as_soon_as_they_are_made(world: World) -> None:
    for n in range(3):
        settings = world.settings.model_copy(
            update={"topic_prefix": f"{world.settings.topic_prefix}{n}."}
        )
        names = topics_admin.apply(settings)
        assert names == list(load_catalog(settings.topic_prefix).topics)
        states = topics_admin.read_states(settings)
        # A broker that is busy deleting topics takes a moment for those that it made since.
        delete_topics(settings)
        assert [state.name for state in states if state.partitions is not None] == names


def test_migrate(world: World) -> None:
    settings = world.settings
    listed = run_json(settings, "migrate", "status")
    assert all(row["applied_at"] for row in listed)
    code, _, err = run(settings, "migrate", "down", "--to", "3")
    assert (code, "--yes" in err) == (2, True)
    taken = run_json(settings, "migrate", "down", "--to", "3", "--yes")
    numbers = [row["number"] for row in listed]
    assert taken == {"taken_back": [n for n in reversed(numbers) if n > 3]}
    run_json(settings, "migrate", "status", code=1)
    assert run_json(settings, "migrate", "up", "--to", "4") == {"applied": [4]}
    assert run(settings, "migrate", "up")[0] == 0
    assert "nothing to do" in run(settings, "migrate", "up")[1]


def test_keys(world: World) -> None:
    settings = world.settings
    store = str(uuid4())
    made = run_json(
        settings, "keys", "create", "--kind", "secret", "--scope", "read", "--scope", "ops",
        "--store", store,
    )  # fmt: skip
    assert made["key"].startswith("ssk_")
    assert run(settings, "keys", "create")[1].startswith("spk_")
    listed = run_json(settings, "keys", "ls")
    mine = next(key for key in listed if key["key_id"] == made["key_id"])
    assert (mine["scopes"], mine["store_id"], mine["status"]) == (["read", "ops"], store, "active")
    assert made["key"] not in run(settings, "keys", "ls")[1]
    assert run(settings, "keys", "revoke", made["key_id"])[0] == 0
    code, _, err = run(settings, "keys", "revoke", made["key_id"])
    assert (code, "no active key" in err) == (1, True)
    assert made["key_id"] not in run(settings, "keys", "ls")[1]
    assert "revoked" in run(settings, "keys", "ls", "--all")[1]


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "create", "--kind", "publishable", "--scope", "admin"),
        ("keys", "create", "--kind", "secret"),
        ("keys", "create", "--kind", "secret", "--scope", "everything"),
        ("keys", "revoke", "no-uuid"),
        ("migrate", "down", "--yes"),
        ("topics", "dance"),
    ],
)
def test_wrong_usage_is_2(words: tuple[str, ...]) -> None:
    assert run(Settings(), *words)[0] == 2


def test_wrong_usage_is_2_of_a_program() -> None:
    assert run_program(Settings(), "keys", "revoke", "no-uuid").returncode == 2


def test_a_server_out_of_reach_is_3() -> None:
    nowhere = Settings(database_url=SecretStr("postgresql://nobody:canary@127.0.0.1:1/none"))
    for words in (("migrate", "status"), ("keys", "ls")):
        done = run_program(nowhere, *words)
        assert done.returncode == 3
        assert "PostgreSQL" in done.stderr
        assert "Traceback" not in done.stderr
        assert "canary" not in done.stderr


def test_schemas_need_no_server() -> None:
    listed = run_json(Settings(), "schemas", "ls")
    assert {row["id"] for row in listed} == {
        *range(1001, 1010),
        *(2001, 2002, 2003, 2004),
    }
    assert run_json(Settings(), "schemas", "check") == []
