"""`storepulse status`: what runs, and whether it is healthy."""

from __future__ import annotations

import json
import os
import sys

import click

from storepulse.adapters.settings import load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Show each part of the stack in STOREPULSE_HOME, asked now.

    Exit code 0 when everything is healthy, else 1.

    Example: storepulse status --json
    """
    from storepulse.local.state import ask_all

    settings = load(os.environ)
    stack = ask_all(settings)
    if as_json:
        click.echo(json.dumps(stack.as_dict(), indent=2))
    elif stack.state == "down":
        click.echo(f"nothing runs in {settings.home}; start it with: storepulse up")
        if stack.error:
            click.echo(f"the last start failed: {stack.error}")
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table("part", "state", "address", "pid", "MiB", title=f"up: {stack.state}")
        for part in stack.parts:
            word = (
                Text("healthy", "green")
                if part.is_healthy
                else Text(part.detail or "not healthy", "red")
            )
            pid = str(part.pid) if part.pid else "-"
            memory = "-" if part.memory_mb is None else f"{part.memory_mb:.0f}"
            table.add_row(part.name, word, Text(part.address), pid, memory)
        Console().print(table)
    sys.exit(0 if stack.is_healthy else 1)
