"""`storepulse experiments recompute`: computes a test's figures again from the stored events."""

from __future__ import annotations

from uuid import UUID

import click

from storepulse.cli.database import connection


@click.command(name="recompute")
@click.argument("test_id", metavar="TEST", type=click.UUID)
def command(test_id: UUID) -> None:
    """Count every visitor of a test again, from the stored events.

    The agents do this themselves when a phase begins or ends. You can run it at any time, while
    events come in. It changes nothing if the figures are right.

    Example: storepulse experiments recompute 0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506
    """
    from storepulse.domain.errors import Rejected
    from storepulse.experiments.settling import recompute_test

    with connection() as opened:
        # Each batch is a transaction of its own.
        opened.autocommit = True
        phases = recompute_test(opened, test_id)
    if not phases:
        raise Rejected("test", "was never started, or does not exist")
    for phase in phases:
        click.echo(f"phase {phase.phase}: counted again")
