"""`storepulse gateway`: runs the gateway in this process."""

from __future__ import annotations

import os
import sys

import click

from storepulse.adapters import failpoints, logging
from storepulse.cli.servers import settings_of_service


@click.command()
def command() -> None:
    """Take events over HTTP until stopped.

    Example: STOREPULSE_GATEWAY_PORT=8080 storepulse gateway
    """
    from storepulse.gateway.server import run

    failpoints.arm(os.environ)
    settings = settings_of_service("gateway")
    logging.configure(settings, "gateway")
    sys.exit(run(settings))
