"""Options that choose dead letters: ids or filters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import psycopg

from storepulse.cli.parameters import IdBeginning, Since, Store
from storepulse.dead_letters.index import SHOWN, Selection
from storepulse.dead_letters.letter import STAGES

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def add_filters(*, status: str | None = None) -> Callable[..., Any]:
    """Adds options that filter letters; the command gets them as `selection`.

    `status` is the default of --status, which only reading commands have.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(**options: Any) -> Any:
            destination = options.pop("destination")
            selection = Selection(
                stream=options.pop("stream"),
                stage=options.pop("stage"),
                reason=options.pop("reason"),
                store_id=options.pop("store"),
                since=options.pop("since"),
                shown=options.pop("status", "all"),
            )
            return command(selection=selection, destination=destination, **options)

        decorators = [
            click.option("--stream", help="Only this stream."),
            click.option(
                "--stage",
                help=f"Only this stage: {', '.join(STAGES)}.",
            ),
            click.option("--reason", help="Only this reason, as `dlq ls` prints it."),
            click.option("--store", type=Store(), help="Only this store."),
            click.option("--destination", help="Only what this destination refused."),
            click.option("--since", type=Since(), help="Only letters created since this time."),
        ]
        if status is not None:
            decorators.append(
                click.option(
                    "--status", type=click.Choice(SHOWN), default=status, show_default=True
                )
            )
        for decorator in reversed(decorators):
            run = decorator(run)
        return run

    return decorate


def add_choice(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ids, filters and --all to a command that changes letters; one of them is required.

    The command gets the ids, or their prefixes, as `named`.
    """

    @functools.wraps(command)
    def run(
        *,
        selection: Selection,
        named: tuple[str, ...],
        everything: bool,
        destination: str | None,
        **options: Any,
    ) -> Any:
        filtering = destination is not None or selection != Selection()
        if not (named or filtering or everything):
            raise click.UsageError("name letters by id or by a filter, or use --all")
        if everything and (named or filtering):
            raise click.UsageError("--all cannot be combined with ids or filters")
        return command(selection=selection, named=named, destination=destination, **options)

    ids = click.argument("named", metavar="[ID]...", nargs=-1, type=IdBeginning())
    everything = click.option("--all", "everything", is_flag=True, help="Every letter.")
    wrapped: Callable[..., Any] = ids(everything(add_filters()(run)))
    return wrapped


def resolve_selection(
    connection: psycopg.Connection[Any],
    selection: Selection,
    destination: str | None,
    named: tuple[str, ...] = (),
) -> Selection:
    """The selection with full ids of its destination and of the named letters, which may be
    prefixes. Raises Rejected if one of them is not found or is ambiguous."""
    from storepulse.dead_letters.index import resolve_id
    from storepulse.dead_letters.requeue import find_target

    if destination is not None:
        target = find_target(connection, destination)
        selection = replace(selection, destination_id=target.destination_id)
    if named:
        selection = replace(selection, ids=[resolve_id(connection, one) for one in named])
    return selection
