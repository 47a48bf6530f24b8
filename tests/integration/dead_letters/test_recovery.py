"""Operators and crashes, with real processes: each letter has one effect."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from tests.support import commands
from tests.support.dead_letters import add_letter, letters
from tests.support.ingest_records import record
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

from storepulse.adapters.failpoints import VARIABLE
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import environment
from storepulse.cli import root
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Rejected
from storepulse.exactness.audit import audit
from storepulse.exactness.recount import recount

PATIENCE_SECONDS = 90.0
#: One world and one agent for all of them.
pytestmark = pytest.mark.xdist_group("dead letters")


@dataclass(frozen=True)
class Shop:
    """A world with an agent at work."""

    world: World
    db: psycopg.Connection[Any]

    def add(self, first: int, count: int) -> list[UUID]:
        """Letters of events that are good by now."""
        return [add_letter(self.db, record("activity", first + n)) for n in range(count)]

    def statuses(self, ids: list[UUID]) -> set[str]:
        return {row[0] for row in letters(self.db, ids, "status")}

    def end_claims(self) -> None:
        """Lets the time pass after which a claim is anybody's."""
        self.db.execute(
            "UPDATE dead_letters SET claimed_until = now() - interval '1 second'"
            " WHERE claimed_until IS NOT NULL"
        )

    def number(self, query: str) -> int:
        row = self.db.execute(query).fetchone()  # type: ignore[arg-type, call-overload]
        assert row is not None
        return int(row[0])

    def replay(self, *options: str, code: int = 0) -> dict[str, Any]:
        found, out = self.run("replay", *options, "--wait", str(PATIENCE_SECONDS), "--json")
        assert found == code, out
        document: dict[str, Any] = json.loads(out)
        return document

    def run(self, *arguments: str) -> tuple[int, str]:
        """A command in this process: exit code, and all that it printed."""
        variables: dict[str, str | None] = {
            name: None for name in os.environ if name.startswith("STOREPULSE_")
        }
        done = CliRunner(env=variables | environment(self.world.settings)).invoke(
            root, ["dlq", *arguments]
        )
        if isinstance(done.exception, Rejected):
            return 1, str(done.exception)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with (
        open_world(tmp_path_factory.mktemp("shop")) as world,
        running("agents", world.settings),
        world.connect() as db,
    ):
        yield Shop(world, db)


def applied_twice(shop: Shop) -> int:
    return shop.number(
        "SELECT count(*) FROM (SELECT FROM customer_activity GROUP BY event_id"
        " HAVING count(*) > 1) AS repeated"
    )


def test_events_that_died_are_repaired_and_the_audit_agrees(shop: Shop) -> None:
    settings = shop.world.settings
    topic = load_catalog(settings.topic_prefix).ingest("activity")
    producer = Producer(connection_config(settings))
    for n in range(10):
        sent = record("activity", n, ip="x" if n < 5 else None)
        producer.produce(topic, sent.value, sent.key, headers=sent.headers)
    assert producer.flush(30) == 0
    wait_until(
        lambda: shop.number("SELECT count(*) FROM dead_letters") == 5,
        "letters",
        seconds=PATIENCE_SECONDS,
    )

    unchanged = shop.replay("--stream", "activity", "--max", "2", code=1)
    assert unchanged["outcome"] == {"returned": 2}
    repaired = shop.replay("--all", "--patch", '[{"op": "remove", "path": "/ip"}]')
    assert (repaired["sent"], repaired["outcome"]) == (5, {"resolved": 5})
    assert shop.number("SELECT count(*) FROM customer_activity") == 10
    wait_until(lambda: audit(settings).is_settled, "settled audit", seconds=PATIENCE_SECONDS)
    found = audit(settings)
    assert [*found.findings, *recount(settings, found)] == []
    assert found.totals()["activity"]["dead"] == 7


def test_a_run_that_is_killed_at_any_step_loses_and_repeats_nothing(
    shop: Shop, tmp_path: Path
) -> None:
    ids = shop.add(1_000, 50)
    before = shop.number("SELECT count(*) FROM customer_activity")
    steps = ("dlq.after_claim", "dlq.after_produce", "dlq.after_ack", "dlq.after_extend")
    killed = []
    for step in steps:
        file = tmp_path / step
        file.write_text(f"{step} kill 1\n")
        arguments = ("dlq", "replay", "--all", "--max", "10")
        extra = {VARIABLE: str(file)}
        killed.append(commands.start(shop.world.settings, *arguments, extra=extra))
    for command in killed:
        assert commands.finish(command)[0] == -signal.SIGKILL
    shop.end_claims()
    rest = shop.replay("--all")
    assert 10 <= rest["sent"] <= 50
    wait_until(
        lambda: shop.statuses(ids) == {"resolved"}, "resolved letters", seconds=PATIENCE_SECONDS
    )
    assert shop.number("SELECT count(*) FROM customer_activity") == before + 50
    assert applied_twice(shop) == 0


def test_two_operators_at_once_of_whom_one_is_killed(shop: Shop) -> None:
    ids = shop.add(2_000, 60)
    before = shop.number("SELECT count(*) FROM customer_activity")
    arguments = ("dlq", "replay", "--stream", "activity", "--rate", "5/s", "--wait", "0")
    unlucky = commands.start(shop.world.settings, *arguments)
    replayed = "SELECT count(*) FROM dead_letter_actions WHERE action = 'replayed'"
    so_far = shop.number(replayed)
    wait_until(
        lambda: shop.number(replayed) >= so_far + 5, "first replays", seconds=PATIENCE_SECONDS
    )
    other = commands.start(
        shop.world.settings, *arguments[:-4], "--wait", str(PATIENCE_SECONDS), "--json"
    )
    unlucky.kill()
    assert commands.finish(unlucky)[0] == -signal.SIGKILL
    code, out, err = commands.finish(other)
    assert code == 0, (out, err)
    shop.end_claims()
    shop.replay("--all")
    wait_until(
        lambda: shop.statuses(ids) == {"resolved"}, "resolved letters", seconds=PATIENCE_SECONDS
    )
    assert shop.number("SELECT count(*) FROM customer_activity") == before + 60
    assert applied_twice(shop) == 0


def test_ctrl_c_leaves_what_is_left_for_the_next_run(shop: Shop) -> None:
    ids = shop.add(3_000, 40)
    command = commands.start(
        shop.world.settings, "dlq", "replay", "--all", "--rate", "2/s", "--json"
    )
    wait_until(lambda: shop.statuses(ids) != {"open"}, "first replays", seconds=PATIENCE_SECONDS)
    command.send_signal(signal.SIGINT)
    code, out, err = commands.finish(command)
    document = json.loads(out)
    assert (code, document["complete"]) == (1, False), err
    assert 0 < document["sent"] < 40
    assert shop.number("SELECT count(*) FROM dead_letters WHERE status = 'open'") == (
        40 - document["sent"]
    )
    shop.replay("--all")
    assert shop.statuses(ids) == {"resolved"}


def test_the_commands_one_after_the_other(shop: Shop, tmp_path: Path) -> None:
    """Listing, showing, discarding, reopening and exporting, as a person would."""

    nasty = record("activity", 4_000, page_url="https://x.example/\x1b[31m\u202e[red]")
    letter = str(add_letter(shop.db, nasty, reason="odd", message="\x1b]0;x\x07"))

    def run(*arguments: str, code: int = 0) -> str:
        found, out = shop.run(*arguments)
        assert found == code, out
        assert "\x1b" not in out
        return out

    (group,) = json.loads(run("ls", "--reason", "odd", "--json"))
    assert (group["letters"], group["newest_id"]) == (1, letter)
    assert letter[:8] in run("ls", "--each")
    shown = run("show", letter, "--raw")
    assert "page_url" in shown
    assert "\\u001b[31m\\u202e[red]" in shown
    assert json.loads(run("show", letter, "--json"))["event"]["page_url"].endswith("[red]")
    run("discard", letter, "--why", "a test")
    assert "is discarded" in run("replay", letter, code=1)
    run("reopen", letter, "--why", "after all")
    (line,) = run("export", "--reason", "odd").splitlines()
    assert json.loads(line)["raw"]["value"]
    patch = tmp_path / "patch.json"
    patch.write_text('[{"op": "replace", "path": "/is_bot", "value": "no"}]')
    refused = run("replay", letter, "--patch", str(patch), "--dry-run", code=1)
    assert "is_bot: must be true or false" in refused
    for wrong, words in (
        (("replay",), "name letters by id"),
        (("replay", "--all", letter), "--all cannot be combined"),
        (("discard", letter), "--why"),
        (("ls", "--since", "soon"), "neither a time nor an age"),
        (("replay", "x"), "neither an id nor the beginning of one"),
    ):
        assert words in run(*wrong, code=2)
    for absent, words in (
        (("replay", "--all", "--patch", "no-such-file"), "neither JSON nor a file"),
        (("replay", "--all", "--to-destination", "nowhere"), "there is no destination"),
        (("show", "00000000-0000-0000-0000-000000000000"), "there is no dead letter"),
    ):
        assert words in run(*absent, code=1)
