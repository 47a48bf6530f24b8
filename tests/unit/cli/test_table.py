"""Tables fit the terminal, and neither numbers nor ids are ever cut."""

from __future__ import annotations

import pytest

from storepulse.cli.table import Column, number_columns, show_table, text_column

STORE = "455ab1b8-00f7-5739-9f25-da83c77c9263"
COLUMNS: list[Column | str] = [
    "store",
    *number_columns("count", "sum", "max", "last"),
    text_column("description"),
]
ROWS = [
    (STORE, "1234567", "123456789.1234", "1000000", "17", "What a shop's server reports of it"),
    (STORE, "1", "2", "3", "4", "-"),
]


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    show_table(COLUMNS, ROWS)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 79, 80, 90, 100, 101, 102, 120, 200])
def test_nothing_is_cut_or_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    told = shown(capsys, monkeypatch, width)
    assert max(map(len, told.splitlines())) <= max(width, len("description  ") + len(STORE))
    for cell in (*ROWS[0][:5], *ROWS[1][:5]):
        assert cell in told
    words = told.split()
    assert all(word in words for word in ROWS[0][5].split())


def test_a_narrow_terminal_gets_a_block_for_each_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = shown(capsys, monkeypatch, 60).split("\n\n")
    assert len(blocks) == len(ROWS)
    assert blocks[1].split() == [
        "store", STORE, "count", "1", "sum", "2", "max", "3", "last", "4", "description", "-",
    ]  # fmt: skip
    assert len(shown(capsys, monkeypatch, 200).splitlines()) == 4


@pytest.mark.parametrize("width", range(90, 120))
def test_a_table_is_shown_as_soon_as_it_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    told = shown(capsys, monkeypatch, width)
    assert all(cell in told for cell in (*ROWS[0][:5], *ROWS[1][:5]))
    assert max(map(len, told.splitlines())) <= width
