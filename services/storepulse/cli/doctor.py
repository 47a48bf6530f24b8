"""`storepulse doctor`: checks what a local stack needs, and prints the fix."""

from __future__ import annotations

import json
import os
import sys

import click

from storepulse.cli.table import wrapped


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Check each dependency, port and configured server; print the line that repairs it.

    Exit code 0 when nothing is missing, else 1.

    Example: storepulse doctor
    """
    from storepulse.local.diagnosis import examine
    from storepulse.local.home_addresses import load_beside

    verdicts = examine(load_beside(os.environ), os.environ)
    if as_json:
        click.echo(json.dumps([verdict.as_dict() for verdict in verdicts], indent=2))
    else:
        width = max(len(verdict.name) for verdict in verdicts)
        for verdict in verdicts:
            mark = click.style("ok ", fg="green") if verdict.is_ok else click.style("bad", fg="red")
            first, *more = wrapped(f"     {verdict.name:<{width}}  {verdict.detail}", width + 7)
            click.echo(mark + first[3:])
            if verdict.fix:
                more += wrapped(f"     {'':<{width}}  → {verdict.fix}", width + 9)
            for line in more:
                click.echo(line)
    sys.exit(0 if all(verdict.is_ok for verdict in verdicts) else 1)
