"""The SQL of dead letters: whole, and the only one that makes letters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import storepulse
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.statements import load_statements

PACKAGE = Path(storepulse.__file__).parent
FRAGMENTS = named_sql("dead_letters/fragments")
FILES = sorted(
    path.stem for path in (PACKAGE / "dead_letters").glob("*.sql") if path.stem != "fragments"
)


@pytest.mark.parametrize("file", FILES)
def test_every_fragment_of_a_statement_is_filled_in(file: str) -> None:
    for name, text in load_statements(file).items():
        assert not re.search(r"\{\w+\}", text), name


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_every_fragment_is_used(fragment: str) -> None:
    texts = [
        text
        for file in ("fragments", *FILES)
        for text in named_sql(f"dead_letters/{file}").values()
    ]
    assert any(f"{{{fragment}}}" in text for text in texts)


def test_letters_are_made_in_their_own_room_alone() -> None:
    makers = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.sql")
        if re.search(r"INSERT\s+INTO\s+dead_letters\b", path.read_text("utf-8"))
    }
    assert makers == {"dead_letters"}
