"""`storepulse delivery`: one delivery process."""

from __future__ import annotations

import os

import click

from storepulse.adapters import failpoints
from storepulse.cli.service import settings_of_service


@click.command()
def command() -> None:
    """Run one delivery process: from events.* into the queue, and from there to the destinations.

    Several may run; each needs its own STOREPULSE_DELIVERY_SLOT. If one dies, another one sends
    what it had claimed after STOREPULSE_DELIVERY_CLAIM_SECONDS.

    Example: storepulse delivery
    """
    from storepulse.adapters.clock import clock_of
    from storepulse.delivery.worker import main

    failpoints.arm(os.environ)
    main(settings_of_service("delivery"), clock_of(os.environ))
