"""`storepulse status`: what runs, and whether it is well."""

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

    Exit code 0 when everything is well, else 1.

    Example: storepulse status --json
    """
    from storepulse.local.state import look

    settings = load(os.environ)
    found = look(settings)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    elif found.state == "down":
        click.echo(f"nothing runs in {settings.home}; start it with: storepulse up")
        if found.error:
            click.echo(f"the last start failed: {found.error}")
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table("part", "state", "address", "pid", "MiB", title=f"up: {found.state}")
        for part in found.parts:
            word = Text("well", "green") if part.well else Text(part.detail or "unwell", "red")
            pid = str(part.pid) if part.pid else "-"
            memory = "-" if part.memory_mb is None else f"{part.memory_mb:.0f}"
            table.add_row(part.name, word, Text(part.address), pid, memory)
        Console().print(table)
    sys.exit(0 if found.well else 1)
