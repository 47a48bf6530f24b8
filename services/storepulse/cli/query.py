"""`storepulse query`: runs the query service in this process."""

from __future__ import annotations

import click

from storepulse.cli.service import settings_of_service


@click.command()
def command() -> None:
    """Answer reads and the schema registry over HTTP until stopped.

    Example: STOREPULSE_QUERY_PORT=8081 storepulse query
    """
    from storepulse.query.server import run

    run(settings_of_service("query"))
