"""`dlq` takes the beginnings of ids that its tables show, in 80 columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.support import inline_commands
from tests.support.dead_letters import add_letter
from tests.support.world import World

from storepulse.dead_letters import index
from storepulse.domain.errors import Rejected

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Db = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_every_command_takes_what_the_tables_show(db: Db, module_world: World) -> None:
    long = "refused by the database, and by everybody else who was asked about it, twice"
    letter = add_letter(db, reason=long, created_at=NOW, quarantined_at=NOW)
    for options in (("ls",), ("ls", "--each")):
        code, out, err = inline_commands.run(module_world.settings, "dlq", *options)
        assert code == 0, err
        assert max(map(len, out.splitlines())) <= 80
        assert letter.hex[:8] in out
        assert "…" not in out
    short = letter.hex[:8]
    for words in (("show", short), ("reopen", short), ("discard", short, "--why", "a test")):
        code, out, err = inline_commands.run(module_world.settings, "dlq", *words)
        assert code == 0, (words, out, err)
    assert index.read_letter(db, letter).status == "discarded"


def test_a_beginning_of_several_names_them(db: Db) -> None:
    letters = [add_letter(db, created_at=NOW) for _ in range(2)]
    for number, letter in enumerate(letters):
        db.execute(
            "UPDATE dead_letters SET dead_letter_id = %s WHERE dead_letter_id = %s",
            (UUID(int=(0xABCD << 112) + number), letter),
        )
    with pytest.raises(Rejected, match="begins more than one: abcd0000-"):
        index.resolve_id(db, "abcd")
    assert index.resolve_id(db, f"abcd{1:028x}").int & 1
    with pytest.raises(Rejected, match="there is no dead letter beef"):
        index.resolve_id(db, "beef")
