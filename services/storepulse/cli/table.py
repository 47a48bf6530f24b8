"""Prints tables that fit the terminal's width, and never truncates ids and numbers."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from storepulse.cli.tail import printable

if TYPE_CHECKING:
    from rich.table import Table

#: The width between two columns: spaces and the separator.
_GAP = 2
#: Minimum width of a wrapped text column.
_LEAST_TEXT = 12


class Column(NamedTuple):
    """A column of ids and names, which are never split, of numbers, or of text that may wrap."""

    name: str
    kind: str = "whole"


def number_columns(*names: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(name, "number") for name in names]


def text_column(name: str) -> Column:
    """A column whose cells wrap if the terminal is too narrow."""
    return Column(name, "text")


def show_table(columns: Sequence[Column | str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table. If the terminal is too narrow for the columns that cannot wrap, prints each
    row as a block of lines. Cells are escaped for the terminal."""
    from rich.console import Console

    named = [Column(column) if isinstance(column, str) else column for column in columns]
    cells = [[printable(cell) for cell in row] for row in rows]
    console = Console(highlight=False)
    if _least_width(named, cells) <= console.width:
        console.print(_table_of(named, cells))
        return
    width = max(len(column.name) for column in named)
    for number, row in enumerate(cells):
        if number:
            click.echo()
        for column, cell in zip(named, row, strict=True):
            line = f"{column.name:<{width}}  {cell}"
            click.echo("\n".join(part.rstrip() for part in wrapped(line, indent=width + 2)))


def _least_width(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> int:
    """The minimum width of a table in which only text columns wrap."""
    from rich.cells import cell_len

    total = _GAP * (len(columns) - 1)
    for place, column in enumerate(columns):
        widest = max((cell_len(row[place]) for row in cells), default=0)
        if column.kind == "text":
            widest = min(widest, _LEAST_TEXT)
        total += max(widest, cell_len(column.name))
    return total


def _table_of(columns: Sequence[Column], cells: Iterable[Sequence[str]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.kind == "number" else "left",
            no_wrap=column.kind != "text",
            overflow="fold" if column.kind == "text" else "ignore",
        )
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def show_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Prints one field per line, names beside values; long values wrap."""
    for name, value in fields:
        for line in wrapped(f"{name:<16} {printable(value)}", indent=17):
            click.echo(line.rstrip())


def wrapped(line: str, indent: int) -> list[str]:
    """A line wrapped between words at the terminal's width; long words are not split."""
    width = shutil.get_terminal_size().columns
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip
