"""`storepulse status`: shows what runs, and whether it is healthy."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from storepulse.local.state import PartState, StackState

WIDTH = 80
_COLOURS = {"ready": "green", "degraded": "yellow", "starting": "yellow"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Show the state of each part of the stack, and how to fix what is wrong.

    \b
    ready     it works
    degraded  it works, but not fully or not as it should
    starting  it will work in a moment
    halted    part of it waits for an operator
    unready   it cannot work
    down      it does not answer

    Exit code 0 if everything is ready, else 1.

    Example: storepulse status --json
    """
    from storepulse.local.home_addresses import load_beside
    from storepulse.local.state import ask_all

    settings = load_beside(os.environ)
    stack = ask_all(settings)
    if as_json:
        click.echo(json.dumps(stack.as_dict(), indent=2))
    elif stack.state == "down":
        click.echo(f"nothing runs in {settings.home}; start it with: storepulse up")
        if stack.error:
            click.echo(f"the last start failed: {stack.error}")
    else:
        for line in lines_of(stack):
            click.echo(line)
    sys.exit(0 if stack.is_healthy else 1)


def lines_of(stack: StackState) -> list[str]:
    """The lines of the table, followed by faults and advice."""
    width = max(4, *(len(part.name) for part in stack.parts)) if stack.parts else 4
    lines = [f"up: {stack.state}", f"{'part':<{width}}  state     {'pid':>7}  {'MiB':>6}  address"]
    for part in stack.parts:
        pid = "-" if part.pid is None else str(part.pid)
        memory = "-" if part.memory_mb is None else f"{part.memory_mb:.0f}"
        word = click.style(f"{part.status:<8}", fg=_COLOURS.get(part.status, "red"))
        head = f"{part.name:<{width}}  {word}  {pid:>7}  {memory:>6}  "
        first, *more = _addresses(part.address)
        lines.append(head + first)
        lines += [" " * (width + 29) + address for address in more]
    for part in stack.parts:
        if not part.is_healthy:
            lines += ["", *_trouble_of(part)]
    return lines


def _addresses(address: str) -> list[str]:
    """One address per line; PostgreSQL's as host, port and database."""
    _, is_database, rest = address.partition("postgresql://")
    return [rest.rpartition("@")[2]] if is_database else address.split(",")


def _trouble_of(part: PartState) -> list[str]:
    lines = _wrapped(f"{part.name} is {part.status}: {part.detail or 'no details'}", "")
    for advice in dict.fromkeys(part.advice):
        if advice.remedy not in part.detail:
            lines += _wrapped(f"do:  {advice.remedy}", "  ")
        lines += [f"  see: {advice.runbook}"]
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "     ",
        break_long_words=False,
        break_on_hyphens=False,
    )
