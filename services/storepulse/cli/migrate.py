"""`storepulse migrate`: moves the database schema up or down."""

from __future__ import annotations

import json
import os
import sys

import click

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured


def _settings() -> Settings:
    from storepulse.cli.servers import settings_in_force

    return settings_in_force(identity="owner")


@click.group()
def command() -> None:
    """Move the database schema up or down.

    Example: storepulse migrate up
    """


@command.command()
@click.option("--to", type=click.IntRange(min=1), help="Last migration to apply; default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def up(*, to: int | None, as_json: bool) -> None:
    """Apply the missing migrations. Concurrent runs wait for each other.

    Example: DATABASE_URL=postgresql://storepulse@db/storepulse storepulse migrate up
    """
    from storepulse.adapters.postgres import migrations

    numbers = migrations.up(_settings().dsn, to)
    _report("applied", numbers, as_json=as_json)


@command.command()
@click.option(
    "--to", type=click.IntRange(min=0), required=True, help="Last migration to keep; 0 keeps none."
)
@click.option("--yes", is_flag=True, help="Confirm that tables and their data are dropped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def down(*, to: int, yes: bool, as_json: bool) -> None:
    """Revert every migration above --to, newest first, with the data of their tables.

    Example: storepulse migrate down --to 4 --yes
    """
    from storepulse.adapters.postgres import migrations

    if not yes:
        raise click.UsageError("this drops tables and their data; add --yes to confirm")
    numbers = migrations.down(_settings().dsn, to)
    _report("taken back", numbers, as_json=as_json)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """List migrations with the time at which each was applied.

    Exit code 0 if all are applied, else 1.

    Example: storepulse migrate status --json
    """
    from storepulse.adapters.postgres import migrations

    states = migrations.read_status(_settings().dsn)
    if as_json:
        rows = [
            {
                "number": one.migration.number,
                "name": one.migration.name,
                "applied_at": one.applied_at.isoformat() if one.applied_at else None,
            }
            for one in states
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for one in states:
            when = f"{one.applied_at:%Y-%m-%d %H:%M:%S %Z}" if one.applied_at else "not applied"
            click.echo(f"{one.migration.number:04}  {one.migration.name:<24}  {when}")
    sys.exit(0 if all(one.applied_at for one in states) else 1)


@command.command()
@click.option("--print", "prints", is_flag=True, help="Print the SQL instead of running it.")
def roles(*, prints: bool) -> None:
    """Create the services' roles in the database that DATABASE_URL names.

    Their passwords are kept in the home folder, where `up` and each service find them. If the role
    of DATABASE_URL may not create roles, --print prints the SQL for an administrator; it holds
    verifiers, not passwords. `up` does the same at its start if it has the right.

    Example: storepulse migrate roles --print | psql "$ADMIN_URL"
    """
    from storepulse.adapters.settings import load
    from storepulse.local import given_database
    from storepulse.local.servers import database_is_given

    given = load(os.environ)
    if not database_is_given(given):
        raise Misconfigured(
            "DATABASE_URL", "set DATABASE_URL; `up` creates the roles of its own database itself"
        )
    settings = _settings()
    if prints:
        click.echo(
            "".join(f"{text};\n" for text in given_database.printed_roles(settings)), nl=False
        )
    else:
        click.echo(given_database.ensure_roles(settings))


def _report(word: str, numbers: list[int], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({word.replace(" ", "_"): numbers}))
    elif numbers:
        click.echo(f"{word}: {', '.join(f'{number:04}' for number in numbers)}")
    else:
        click.echo("nothing to do")
