"""`storepulse stores secrets`: the secrets with which a store's servers and shop system sign."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.parameters import Duration
from storepulse.cli.servers import settings_in_force
from storepulse.cli.store_names import store_id_of
from storepulse.domain.store_secrets import GENERATED, KINDS, SecretKind

if TYPE_CHECKING:
    from storepulse.access.store_secrets import SecretRow
    from storepulse.adapters.postgres.sessions import Connection

#: Characters of standard input that are read, more than a secret has.
_MOST = 1_000
kind_option = click.option(
    "--kind", type=click.Choice(KINDS), default=GENERATED, show_default=True,
    help="signing: the store's servers; shopify: its webhooks; telegram_*: its bot.",
)  # fmt: skip


@click.group(name="secrets")
def command() -> None:
    """Set, list and end the secrets of a store. They are stored encrypted and never shown again.

    Example: storepulse stores secrets set shop.example --new
    """


@command.command(name="set")
@click.argument("store")
@kind_option
@click.option("--new", is_flag=True, help="Create one and print it. Only for the kind signing.")
@click.option(
    "--overlap", type=Duration(timedelta(days=30)), default="24h", show_default=True,
    help="How long the previous secret stays valid; 0s: ends at once.",
)  # fmt: skip
@json_output.as_json
def set_(store: str, *, kind: SecretKind, new: bool, overlap: timedelta, as_json: bool) -> None:
    """Set a secret. It is read from standard input, or created with --new and printed.

    The gateway accepts it within seconds. The previous secret stays valid for --overlap, so that
    senders can switch without losing a call. Exit code 1 if two are valid already: end one first.

    Example: storepulse stores secrets set shop.example --new --overlap 2h
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_secrets import EnteredSecret, set_secret
    from storepulse.adapters.clock import system_clock
    from storepulse.adapters.secret_box import SecretBox
    from storepulse.domain.store_secrets import generated_secret

    value = generated_secret(kind, os.urandom(32)) if new else _read_secret()
    settings = settings_in_force()
    secret = EnteredSecret(kind, value, overlap)
    with connection(settings) as opened:
        store_id = store_id_of(opened, store)
        box = SecretBox.of(settings)
        set_secret(opened, box, CLI, store_id, secret, system_clock())
        rows = _rows(opened, store_id)
    shown = {"secret": value} if new else {}
    if as_json:
        json_output.print_json({"secrets": list(map(_document, rows)), **shown})
        return
    _show(rows)
    if new:
        click.echo(f"secret: {value}\nIt cannot be shown again.")


@command.command()
@click.argument("store")
@json_output.as_json
def ls(store: str, *, as_json: bool) -> None:
    """List the valid secrets without their values, the newest of a kind first.

    Example: storepulse stores secrets ls shop.example
    """
    with connection() as opened:
        rows = _rows(opened, store_id_of(opened, store))
    if as_json:
        json_output.print_json(list(map(_document, rows)))
        return
    _show(rows)


@command.command()
@click.argument("store")
@kind_option
@click.option("--id", "secret_id", type=click.UUID, help="Only this secret, by its id from ls.")
@json_output.as_json
def rm(store: str, *, kind: SecretKind, secret_id: UUID | None, as_json: bool) -> None:
    """End the secrets of a kind. Calls that they sign are refused within seconds.

    Exit code 1 if there is none.

    Example: storepulse stores secrets rm shop.example --kind shopify
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_secrets import remove_secrets
    from storepulse.adapters.clock import system_clock

    with connection() as opened:
        store_id = store_id_of(opened, store)
        remove_secrets(opened, CLI, store_id, kind, system_clock(), secret_id)
        rows = _rows(opened, store_id)
    if as_json:
        json_output.print_json(list(map(_document, rows)))
        return
    _show(rows)


def _read_secret() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("secret", hide_input=True)
        return text.strip()
    return sys.stdin.read(_MOST).strip()


def _rows(opened: Connection, store_id: UUID) -> list[SecretRow]:
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_secrets import list_secrets
    from storepulse.adapters.clock import system_clock

    return list_secrets(opened, CLI, store_id, system_clock())


def _document(row: SecretRow) -> dict[str, Any]:
    from dataclasses import asdict

    return json_output.plain(asdict(row))


def _show(rows: list[SecretRow]) -> None:
    if not rows:
        click.echo("no secrets")
    for row in rows:
        shown = _document(row)
        end = f", until {shown['retired_at'][:19]}Z" if row.retired_at else ""
        click.echo(f"{row.kind}  since {shown['added_at'][:19]}Z{end}  by {row.added_by}")
        click.echo(f"  {row.secret_id}")
