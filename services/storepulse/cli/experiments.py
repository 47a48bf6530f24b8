"""`storepulse experiments`: A/B tests. The commands are in `cli/experiment_*.py`."""

from __future__ import annotations

import click

from storepulse.cli import (
    experiment_moves,
    experiment_plan,
    experiment_recompute,
    experiment_results,
    experiment_simulate,
    experiment_tests,
)


@click.group()
def command() -> None:
    """Plan A/B tests, create, start and end them, and read their results.

    Example: storepulse experiments plan --baseline 0.03 --effect 0.1
    """


for author in (*experiment_tests.commands, *experiment_moves.commands):
    command.add_command(author)
for module in (experiment_plan, experiment_recompute, experiment_results, experiment_simulate):
    command.add_command(module.command)
