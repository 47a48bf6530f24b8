"""`storepulse keys`: creates, lists, rotates and revokes API keys. A new key is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.access.rules.administration import KINDS, SCOPES
from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.parameters import Duration
from storepulse.cli.table import show_fields

if TYPE_CHECKING:
    from storepulse.access.key_changes import KeyRow

expires_in = click.option(
    "--expires-in", type=Duration(), help="Expire the key after this time, such as 24h or 30d."
)


@click.group()
def command() -> None:
    """Create, list, rotate and revoke keys.

    Example: storepulse keys create --kind secret --scope read
    """


@command.command()
@click.option("--kind", type=click.Choice(sorted(KINDS)), default="publishable")
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True,
    help="What a secret key may do. Repeatable. Publishable keys only ingest.",
)  # fmt: skip
@click.option("--store", type=click.UUID, help="Tie the key to this store.")
@click.option("--domain", help="The store's domain. Without --store, it also names the store.")
@click.option("--origin", "origins", multiple=True, help="Origin that may use the key. Repeatable.")
@click.option("--name", help="A label for people.")
@expires_in
@json_output.as_json
def create(
    *,
    kind: str,
    scopes: tuple[str, ...],
    store: UUID | None,
    domain: str | None,
    origins: tuple[str, ...],
    as_json: bool,
    **more: Any,
) -> None:
    """Create a key and print it. It cannot be shown again. An unknown store is created.

    A publishable key that is tied to a store can only send carts for the store's own domain.

    Example: storepulse keys create --domain shop.example --origin https://shop.example
    """
    from storepulse.access.key_changes import create_key
    from storepulse.access.keys import KeyDeclaration
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_changes import declare_store
    from storepulse.adapters.clock import system_clock
    from storepulse.domain.stores import normalised_domain, store_id_of_domain

    if kind == "publishable" and set(scopes) - {"ingest"}:
        raise click.UsageError(
            "a publishable key is visible in web pages: its only scope is ingest"
        )
    if kind == "secret" and not scopes:
        raise click.UsageError("name at least one --scope")
    now = system_clock()
    with connection() as opened:
        if domain is not None:
            domain = normalised_domain(domain, "domain")
            store = store or UUID(store_id_of_domain(domain))
        if store is not None:
            declare_store(opened, CLI, now, store, domain)
        declared = KeyDeclaration(kind, scopes, store, origins, more["name"])
        row, key = create_key(opened, CLI, now, declared, _seconds(more["expires_in"]))
    _show_new(row, key, as_json=as_json)


@command.command()
@click.option("--store", type=click.UUID, help="Only this store.")
@click.option("--all", "with_ended", is_flag=True, help="Include revoked and expired keys.")
@json_output.as_json
def ls(*, store: UUID | None, with_ended: bool, as_json: bool) -> None:
    """List active keys by their first characters, newest first.

    Example: storepulse keys ls --all
    """
    from storepulse.access.key_changes import list_keys

    with connection() as opened:
        rows = list_keys(opened, store, with_ended=with_ended)
    if as_json:
        json_output.print_json([_document(row) for row in rows])
        return
    for row in rows:
        # Ids are never truncated: 36 + 11 + 8 and the scopes, with two blanks each, fit 80 columns.
        click.echo(f"{row.key_id}  {row.hint:<9}  {row.status:<7}  {','.join(row.scopes)}")
        where = "every store" if row.store_id is None else f"store {row.store_id}"
        click.echo(f"  {where}")
        if row.name:
            click.echo(f"  {_label(row.name)}")


@command.command()
@click.argument("key_id", type=click.UUID)
@json_output.as_json
def show(key_id: UUID, *, as_json: bool) -> None:
    """Show one key, never the key itself.

    Exit code 1 if it does not exist.

    Example: storepulse keys show 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.access.key_changes import find_key
    from storepulse.access.rules.administration import CLI

    with connection() as opened:
        row = find_key(opened, CLI, key_id)
    _show(row, as_json=as_json)


@command.command()
@click.argument("key_id", type=click.UUID)
@expires_in
@json_output.as_json
def rotate(key_id: UUID, *, expires_in: timedelta | None, as_json: bool) -> None:
    """Create a new key for an old one, which stays valid until it is revoked or --expires-in ends.

    Exit code 1 if there is no such active key, or if it was rotated and both are active.

    Example: storepulse keys rotate 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11 --expires-in 24h
    """
    from storepulse.access.key_changes import rotate_key
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock

    with connection() as opened:
        row, key = rotate_key(opened, CLI, key_id, system_clock(), _seconds(expires_in))
    _show_new(row, key, as_json=as_json)


@command.command()
@click.argument("key_id", type=click.UUID)
@json_output.as_json
def revoke(key_id: UUID, *, as_json: bool) -> None:
    """Revoke a key; services refuse it within seconds.

    Exit code 1 if there is no such active key, and for the key of the home folder, which `up`,
    `demo` and other commands use: remove its file first.

    Example: storepulse keys revoke 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.access import keys
    from storepulse.access.rules.administration import CLI
    from storepulse.cli.servers import settings_in_force
    from storepulse.domain.errors import Rejected

    settings = settings_in_force()
    with connection(settings) as opened:
        if keys.is_home_key(opened, settings.home, key_id):
            file = keys.admin_key_file(settings.home)
            reason = f"is the key of this home folder; remove {file}, then `up` creates another"
            raise Rejected("key_id", reason)
        if not keys.revoke(opened, key_id, CLI.name):
            raise Rejected("key_id", f"there is no active key {key_id}")
    if as_json:
        json_output.print_json({"revoked": str(key_id)})
    else:
        click.echo(f"revoked {key_id}")


def _document(row: KeyRow) -> dict[str, Any]:
    from dataclasses import asdict

    return json_output.plain(asdict(row))


def _label(text: str) -> str:
    from storepulse.cli.tail import printable

    return printable(text)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _show(row: KeyRow, *, as_json: bool) -> None:
    if as_json:
        json_output.print_json(_document(row))
        return
    show_fields(
        (name, (", ".join(value) if isinstance(value, list) else str(value or "")) or "-")
        for name, value in _document(row).items()
    )


def _show_new(row: KeyRow, key: str, *, as_json: bool) -> None:
    if as_json:
        json_output.print_json(_document(row) | {"key": key})
        return
    click.echo(key)
    click.echo(f"id {row.key_id}", err=True)
    click.echo("save the key now: only its hash is stored", err=True)
