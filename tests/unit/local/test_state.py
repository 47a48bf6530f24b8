"""What `status` says of a stack, for people and for programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from storepulse.cli.status import command
from storepulse.local import state
from storepulse.local.state import PartState, StackState

KAFKA = PartState("kafka", "127.0.0.1:19092", True, "", 7, 300.0)
QUERY = PartState("query", "http://127.0.0.1:8081", False, "does not listen", None, None)


@pytest.mark.parametrize(
    ("parts", "words", "code"),
    [([KAFKA], ["healthy"], 0), ([KAFKA, QUERY], ["healthy", "does not listen"], 1)],
)
def test_it_says_what_is_healthy(
    parts: list[PartState], words: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "ask_all", lambda _: StackState("ready", 1, parts))
    shown = CliRunner().invoke(command, [])
    assert shown.exit_code == code
    assert [word for word in words if word not in shown.output] == []
    document = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert document["healthy"] is (code == 0)
    assert [part["healthy"] for part in document["parts"]] == [part.is_healthy for part in parts]
    assert set(document["parts"][0]) == {
        "healthy", "name", "address", "detail", "pid", "memory_mb",
    }  # fmt: skip
