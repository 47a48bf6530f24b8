"""`storepulse console`: a link that signs in to the console."""

from __future__ import annotations

from dataclasses import asdict

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection


@click.command()
@click.option("--url", help="Address of the console. Default: the query service on this machine.")
@json_output.as_json
def command(*, url: str | None, as_json: bool) -> None:
    """Print a link that signs in to the console with the home folder's key.

    The link works once, within ten minutes. The person who opens it has all rights of the key until
    they sign out. Exit code 1 if there is no such key.

    Example: storepulse console --url https://console.example
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.cli.servers import settings_in_force
    from storepulse.local.sign_in_link import make_link

    settings = settings_in_force()
    with connection(settings) as opened:
        link = make_link(opened, settings, system_clock(), url)
    if as_json:
        json_output.print_json(json_output.plain(asdict(link)))
    else:
        click.echo(link.url)
