"""`storepulse gateway`: runs the gateway in this process."""

from __future__ import annotations

import os
import sys

import click

from storepulse.adapters import failpoints
from storepulse.cli.service import settings_of_service


@click.command()
def command() -> None:
    """Receive events over HTTP until stopped.

    Example: STOREPULSE_GATEWAY_PORT=8080 storepulse gateway
    """
    from storepulse.adapters.clock import clock_of
    from storepulse.gateway.server import run

    failpoints.arm(os.environ)
    sys.exit(run(settings_of_service("gateway"), clock_of(os.environ)))
