"""What the command line shows in rows: as wide as the terminal, with ids and numbers never cut."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click

from storepulse.cli.tail import printable


class Column(NamedTuple):
    """A column: of ids and names that stay whole, of numbers, or of text that may be wrapped."""

    name: str
    kind: str = "whole"


def number_columns(*names: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(name, "number") for name in names]


def text_column(name: str) -> Column:
    """A column whose cells go on in the next line where the terminal is too narrow."""
    return Column(name, "text")


def show_table(columns: Sequence[Column | str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table. Cells are safe for a terminal, whatever they hold."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for column in columns:
        name, kind = (column, "whole") if isinstance(column, str) else column
        table.add_column(
            name,
            justify="right" if kind == "number" else "left",
            no_wrap=kind != "text",
            overflow="fold" if kind == "text" else "ignore",
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    Console(highlight=False).print(table)


def show_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Prints a field a line, names beside values; long values go on below."""
    for name, value in fields:
        for line in wrapped(f"{name:<16} {printable(value)}", indent=17):
            click.echo(line.rstrip())


def wrapped(line: str, indent: int) -> list[str]:
    """A line broken between words where the terminal ends; what cannot be broken stays whole."""
    width = shutil.get_terminal_size().columns
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip
