"""Which dead letters a command is about: ids, or the options that filter them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click
import psycopg

from storepulse.dead_letters.index import SHOWN, Selection

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType):
    """A UTC time, or how long ago: `2026-01-31`, `2026-01-31T08:00`, `90m`, `24h`, `7d`."""

    name = "time|24h"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if ago := _AGO.fullmatch(str(value)):
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            at = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a time nor an age such as 24h", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class Store(click.ParamType):
    """A store by its id or domain."""

    name = "id|domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        from storepulse.cli.tail import store_id
        from storepulse.domain.errors import Rejected

        try:
            return UUID(store_id(str(value)))
        except Rejected as error:
            self.fail(f"{value!r} {error.reason}", param, ctx)


def filtered(*, status: str | None = None) -> Callable[..., Any]:
    """Adds the options that filter letters; the command gets them as `selection`.

    `status`: the default of --status, which only commands that read have.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(**given: Any) -> Any:
            destination = given.pop("destination")
            selection = Selection(
                ids=given.pop("ids", None) or None,
                stream=given.pop("stream"),
                stage=given.pop("stage"),
                reason=given.pop("reason"),
                store_id=given.pop("store"),
                since=given.pop("since"),
                shown=given.pop("status", "all"),
            )
            return command(selection=selection, destination=destination, **given)

        options = [
            click.option("--stream", help="Only this stream."),
            click.option(
                "--stage",
                help="Only what failed there: decode, validate, store, match, delivery, foreign.",
            ),
            click.option("--reason", help="Only this reason, as `dlq ls` prints it."),
            click.option("--store", type=Store(), help="Only this store."),
            click.option("--destination", help="Only what this destination refused."),
            click.option("--since", type=Since(), help="Only letters made since then."),
        ]
        if status is not None:
            options.append(
                click.option(
                    "--status", type=click.Choice(SHOWN), default=status, show_default=True
                )
            )
        for option in reversed(options):
            run = option(run)
        return run

    return decorate


def chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ids, filters and --all to a command that changes letters: one of them is wanted."""

    @functools.wraps(command)
    def run(
        *, selection: Selection, everything: bool, destination: str | None, **given: Any
    ) -> Any:
        filtering = destination is not None or selection != Selection(ids=selection.ids)
        if not (selection.ids or filtering or everything):
            raise click.UsageError("name letters by id or by a filter, or say --all")
        if everything and (selection.ids or filtering):
            raise click.UsageError("--all goes without ids and filters")
        return command(selection=selection, destination=destination, **given)

    ids = click.argument("ids", nargs=-1, type=click.UUID)
    everything = click.option("--all", "everything", is_flag=True, help="Every letter.")
    wrapped: Callable[..., Any] = ids(everything(filtered()(run)))
    return wrapped


def with_destination(
    connection: psycopg.Connection[Any], selection: Selection, destination: str | None
) -> Selection:
    """The selection with its destination's id. Raises Rejected where there is none."""
    from dataclasses import replace

    from storepulse.dead_letters.requeue import target_named

    if destination is None:
        return selection
    return replace(selection, destination_id=target_named(connection, destination).destination_id)
