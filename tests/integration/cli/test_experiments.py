"""`storepulse experiments`: the life of a test by commands."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.inline_commands import run, run_json
from tests.support.used_plans import new_store
from tests.support.world import World

from storepulse.adapters.settings import Settings

FILE = Path(__file__).parents[2] / "data" / "experiment.json"


@pytest.fixture(scope="module")
def settings(module_world: World) -> Settings:
    with module_world.connect() as connection:
        new_store(connection, "commands.example")
    return module_world.settings_of("operator")


def test_a_test_is_made_started_and_ended(settings: Settings) -> None:
    asked = ("--store", "commands.example")
    made = run_json(settings, "experiments", "create", str(FILE), *asked)
    test = made["test_id"]
    assert (made["status"], made["created_by"], made["warnings"]) == ("draft", "cli", [])
    for move, status in (
        ("start", "running"), ("pause", "paused"), ("resume", "running"),
    ):  # fmt: skip
        assert run_json(settings, "experiments", move, test)["status"] == status
    (listed,) = run_json(settings, "experiments", "ls", *asked, "--status", "running")
    assert (listed["test_id"], listed["variants"]) == (test, ["control", "green"])
    ended = run_json(settings, "experiments", "complete", test, "--winner", "green")
    assert (ended["winner"], len(ended["phases"])) == ("green", 1)
    assert run_json(settings, "experiments", "archive", test)["status"] == "archived"
    assert run_json(settings, "experiments", "show", test)["version"] == 6
    _, shown, _ = run(settings, "experiments", "show", test)
    assert "archived, winner green" in shown
    assert "control 50 %, green 50 %" in shown
    code, out, err = run(settings, "experiments", "start", test)
    assert (code, out) == (1, "")
    assert err == "test: is archived and cannot be started: that requires draft or paused"


def test_what_a_file_says_wrong_is_named(settings: Settings, tmp_path: Path) -> None:
    body = json.loads(FILE.read_text())
    body["variants"][1]["weight"] = 4000
    wrong = tmp_path / "wrong.json"
    asked = ("experiments", "create", str(wrong), "--store", "commands.example")
    for text, said in (
        (json.dumps(body), "variants: have weights that add up to 9000, not to 10000"),
        ("{", "the body is not JSON"),
        ("[]", "body: must be object, not array"),
        (" " * 300_000, "FILE: is larger than 262144 bytes"),
    ):
        wrong.write_text(text)
        code, _, err = run(settings, *asked)
        assert (code, said in err) == (1, True), err
    code, _, err = run(settings, *asked[:2], str(tmp_path / "none.json"), *asked[3:])
    assert (code, "FILE: cannot be read" in err) == (1, True), err
    assert run(settings, "experiments", "show", str(uuid4()))[0] == 1
