"""What `status` says of a stack, for people and for programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from storepulse.cli.status import command, lines_of
from storepulse.domain.health import ADVICE, DOWN
from storepulse.local import state
from storepulse.local.state import PartState, StackState

KAFKA = PartState("kafka", "127.0.0.1:19092", "ready", "", 7, 300.0)
QUERY = PartState("query", "http://127.0.0.1:8081", "down", "does not listen", None, None, (DOWN,))


@pytest.mark.parametrize(
    ("parts", "words", "code"),
    [
        ([KAFKA], ["ready"], 0),
        ([KAFKA, QUERY], ["query is down: does not listen", DOWN.remedy, DOWN.runbook], 1),
    ],
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
        "healthy", "name", "address", "status", "detail", "pid", "memory_mb", "advice",
    }  # fmt: skip


def test_80_columns_hold_the_longest_numbers() -> None:
    long_detail = "; ".join(f"ingest.landing.v1[{n}] is halted at offset {n}" for n in range(4))
    parts = [
        PartState("delivery-15", "http://127.0.0.1:65535", "halted", long_detail,
                  4194304, 1048576.4, (ADVICE["partitions"],)),
        PartState("postgres", "postgresql://storepulse@127.0.0.1:65432/storepulse", "ready", "",
                  4194303, 99999.0),
        PartState("kafka", "broker-1.example:19092,broker-2.example:19092", "down", "x",
                  None, None),
    ]  # fmt: skip
    lines = lines_of(StackState("ready", 1, parts))
    assert [line for line in lines if len(line) > 80] == []
    shown = "\n".join(lines)
    for whole in ("4194304", "1048576", "http://127.0.0.1:65535", "127.0.0.1:65432/storepulse",
                  "broker-1.example:19092", "broker-2.example:19092", "ingest.landing.v1[3]",
                  "docs/runbooks/partition-halted.md"):  # fmt: skip
        assert whole in shown
    assert "…" not in shown
