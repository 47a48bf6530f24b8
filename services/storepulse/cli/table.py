"""Tables of the command line: as wide as the terminal, with ids and numbers never cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
