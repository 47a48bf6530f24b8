"""`storepulse dlq discard` and `reopen`: close dead letters without a replay, and reopen them."""

from __future__ import annotations

import json
import sys

import click

from storepulse.cli.dlq_options import add_choice, as_json_option, resolve_selection
from storepulse.cli.dlq_session import current_time, describe_skipped, open_session, user_and_host
from storepulse.cli.parameters import IdBeginning
from storepulse.dead_letters.index import Selection


@click.command()
@add_choice
@click.option("--why", required=True, help="The reason, kept in the letters' trail.")
@click.option("--dry-run", is_flag=True, help="Only count them.")
@as_json_option
def discard(
    *,
    selection: Selection,
    named: tuple[str, ...],
    destination: str | None,
    why: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Close dead letters without a replay. They can be reopened until they are removed.

    Exit code 1 if a named letter is not open.

    Example: storepulse dlq discard --stream heatmap --since 7d --why "a test shop"
    """
    from storepulse.dead_letters import closing
    from storepulse.dead_letters.index import count_letters

    with open_session() as (_, connection):
        selection = resolve_selection(connection, selection, destination, named)
        if dry_run:
            count = count_letters(connection, selection, current_time()).discardable
            skipped = {}
        else:
            closed = closing.discard(
                connection, selection, why=why, actor=user_and_host(), now=current_time()
            )
            count = len(closed)
            skipped = describe_skipped(connection, selection, set(closed), None)
    if as_json:
        click.echo(json.dumps({"discarded": count, "dry_run": dry_run, "skipped": skipped}))
    else:
        click.echo(f"{count} {'would be discarded' if dry_run else 'discarded'}")
        for letter_id, state in skipped.items():
            click.echo(f"{letter_id} {state}", err=True)
    sys.exit(1 if skipped else 0)


@click.command()
@click.argument("letter", metavar="ID", type=IdBeginning())
@click.option("--why", default="", help="The reason, kept in the letter's trail.")
@as_json_option
def reopen(*, letter: str, why: str, as_json: bool) -> None:
    """Open a dead letter that was discarded, resolved or quarantined.

    The beginning of an id is enough. Exit code 1 if it is open or a replay has it.

    Example: storepulse dlq reopen 0b7c1c2e --why "repaired"
    """
    from storepulse.dead_letters import closing
    from storepulse.dead_letters.index import resolve_id

    with open_session() as (_, connection):
        letter_id = resolve_id(connection, letter)
        closing.reopen(connection, letter_id, why=why, actor=user_and_host(), now=current_time())
    click.echo(json.dumps({"reopened": str(letter_id)}) if as_json else "reopened")
