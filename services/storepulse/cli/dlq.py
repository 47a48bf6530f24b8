"""`storepulse dlq`: lists, shows, exports, replays, discards and reopens dead letters."""

from __future__ import annotations

import json
import os
import sys

import click

from storepulse.cli import dlq_display as display
from storepulse.cli.dlq_closing import discard, reopen
from storepulse.cli.dlq_options import add_filters, as_json_option, resolve_selection
from storepulse.cli.dlq_replay import replay
from storepulse.cli.dlq_session import open_session
from storepulse.cli.parameters import IdBeginning
from storepulse.dead_letters.index import Selection


@click.group()
def command() -> None:
    """List dead letters and replay them: nothing is lost, nothing counts twice.

    Example: storepulse dlq ls --since 24h
    """


@command.command()
@add_filters(status="open")
@click.option("--each", is_flag=True, help="List single letters, newest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
              help="Most letters for --each.")  # fmt: skip
@as_json_option
def ls(
    *, selection: Selection, destination: str | None, each: bool, limit: int, as_json: bool
) -> None:
    """Group dead letters by reason, with counts, first and last time.

    Example: storepulse dlq ls --stream cart --since 24h
    """
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import document_of_group, document_of_letter

    with open_session() as (_, connection):
        selection = resolve_selection(connection, selection, destination)
        if each:
            letters = index.read_page(connection, selection, limit)
        else:
            groups = index.read_groups(connection, selection)
    if each:
        if as_json:
            click.echo(json.dumps([document_of_letter(letter) for letter in letters], indent=2))
        else:
            display.show_letters(letters)
    elif as_json:
        click.echo(json.dumps([document_of_group(group) for group in groups], indent=2))
    else:
        display.show_groups(groups)


@command.command()
@click.argument("letter", metavar="ID", type=IdBeginning())
@click.option("--raw", is_flag=True, help="Show the original bytes too.")
@as_json_option
def show(*, letter: str, raw: bool, as_json: bool) -> None:
    """Show one dead letter: its decoded event, the reason, its origin and its trail.

    The beginning of an id is enough. Exit code 1 if there is no such letter.

    Example: storepulse dlq show 0b7c1c2e --raw
    """
    from storepulse.contracts.topics import load_catalog
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import document_of_action, full_document_of

    with open_session() as (settings, connection):
        letter_id = index.resolve_id(connection, letter)
        shown = index.read_letter(connection, letter_id)
        actions = index.read_trail(connection, letter_id)
    document = full_document_of(shown, load_catalog(settings.topic_prefix), raw=raw)
    document["trail"] = [document_of_action(action) for action in actions]
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        display.show_letter(document, shown, raw=raw)


@command.command()
@add_filters(status="open")
@click.option("--json", "as_json", is_flag=True, help="No effect: the output is always NDJSON.")
def export(*, selection: Selection, destination: str | None, as_json: bool) -> None:
    """Print dead letters as NDJSON, newest first: event, reason, headers, original bytes (base64).

    Example: storepulse dlq export --stream cart --status all > cart-letters.ndjson
    """
    from storepulse.contracts.topics import load_catalog
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import full_document_of

    del as_json
    try:
        with open_session() as (settings, connection):
            catalog = load_catalog(settings.topic_prefix)
            selection = resolve_selection(connection, selection, destination)
            for letter in index.read_all(connection, selection):
                click.echo(json.dumps(full_document_of(letter, catalog, raw=True)))
    except BrokenPipeError:
        # `export | head` closed the pipe. Without this, Python would report it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


for _change in (replay, discard, reopen):
    command.add_command(_change)
