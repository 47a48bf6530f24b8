"""`storepulse experiments start`, `pause`, `resume`, `complete` and `archive`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.experiment_tests import print_test

if TYPE_CHECKING:
    from storepulse.domain.experiments.life_cycle import Move

_test = click.argument("test", type=click.UUID, metavar="ID")


@click.command()
@_test
@json_output.as_json
def start(test: UUID, *, as_json: bool) -> None:
    """Start a draft, or resume a paused test. Exit code 1 for a test in another state.

    Example: storepulse experiments start 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d
    """
    _move(test, "start", as_json=as_json)


@click.command()
@_test
@json_output.as_json
def pause(test: UUID, *, as_json: bool) -> None:
    """Pause a test: no new visitors take part. Exit code 1 for a test that is not running.

    Example: storepulse experiments pause 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d
    """
    _move(test, "pause", as_json=as_json)


@click.command()
@_test
@json_output.as_json
def resume(test: UUID, *, as_json: bool) -> None:
    """Resume a paused test in the same phase. Exit code 1 for a test that is not paused.

    Example: storepulse experiments resume 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d
    """
    _move(test, "resume", as_json=as_json)


@click.command()
@_test
@click.option("--winner", help="The variant that everybody gets from now on. Default: none.")
@json_output.as_json
def complete(test: UUID, *, winner: str | None, as_json: bool) -> None:
    """End a test. Exit code 1 for a test that is neither running nor paused.

    Example: storepulse experiments complete 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d --winner green
    """
    _move(test, "complete", as_json=as_json, winner=winner)


@click.command()
@_test
@json_output.as_json
def archive(test: UUID, *, as_json: bool) -> None:
    """Archive a completed test. Pages follow their own configuration again. Results stay.

    Example: storepulse experiments archive 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d
    """
    _move(test, "archive", as_json=as_json)


def _move(test: UUID, move: Move, *, as_json: bool, winner: str | None = None) -> None:
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.experiments.changes import MoveAsked, TestPlace, move_test
    from storepulse.experiments.reading import find_anywhere

    with connection() as opened:
        place = TestPlace(find_anywhere(opened, test).store_id, test)
        shown = move_test(opened, CLI, place, MoveAsked(move, system_clock(), winner))
    print_test(shown, as_json=as_json)


commands = (start, pause, resume, complete, archive)
