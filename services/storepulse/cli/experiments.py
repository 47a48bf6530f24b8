"""`storepulse experiments`: A/B tests. Each command stands in `cli/experiment_<name>.py`."""

from __future__ import annotations

import click

from storepulse.cli import experiment_plan, experiment_recompute, experiment_simulate


@click.group()
def command() -> None:
    """Plan A/B tests and read their results.

    Example: storepulse experiments plan --baseline 0.03 --effect 0.1
    """


for module in (experiment_plan, experiment_recompute, experiment_simulate):
    command.add_command(module.command)
