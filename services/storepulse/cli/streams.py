"""`storepulse streams`: lists the streams, and writes the files of a new one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click


@click.group()
def command() -> None:
    """List the streams of events, and create a new one.

    Example: storepulse streams ls
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(*, as_json: bool) -> None:
    """List every stream with its types and the paths that take its events.

    Example: storepulse streams ls --json
    """
    from storepulse.streams.registry import STREAMS

    rows = [
        {
            "stream": stream.name,
            "priority": stream.priority,
            "types": list(stream.types.all_names),
            "paths": [endpoint.path for endpoint in stream.endpoints],
            "rows": stream.rows,
        }
        for stream in STREAMS.values()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for stream in STREAMS.values():
        click.echo(f"{stream.name}, {stream.priority}")
        click.echo(
            f"  types  {click.wrap_text(', '.join(stream.types.all_names), 68, '', ' ' * 9)}"
        )
        for endpoint in stream.endpoints:
            click.echo(f"  POST   {endpoint.path}")


@command.command()
@click.argument("name")
def new(name: str) -> None:
    """Write the folder, schema, examples and migration of a new stream.

    They work as written. Then change the schema, the beacon and the tables to fit your stream.

    Example: storepulse streams new review
    """
    from storepulse.cli.stream_skeleton import write_stream

    for path in write_stream(name):
        click.echo(os.path.relpath(path.resolve(), Path.cwd()))
    click.echo(
        "\nNext: change them to fit your stream, then lock the schema and check:\n"
        f"  {Path(sys.argv[0]).name} schemas lock\n  make check"
    )
