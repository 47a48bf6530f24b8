"""`storepulse agents`: one agent worker."""

from __future__ import annotations

import os

import click

from storepulse.adapters import failpoints
from storepulse.cli.service import settings_of_service


@click.command()
def command() -> None:
    """Run one agent worker: slices from ingest.* into PostgreSQL and events.*.

    Run as many as there are partitions; Kafka assigns them. Each needs its own
    STOREPULSE_AGENT_SLOT.

    Example: STOREPULSE_AGENT_STREAMS=heatmap storepulse agents
    """
    # Slices are processed concurrently already, so polars' own threads would only compete. Polars
    # reads this variable when it is imported.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from storepulse.adapters.clock import clock_of
    from storepulse.agents.worker import main

    failpoints.arm(os.environ)
    main(settings_of_service("agents"), clock_of(os.environ))
