"""`storepulse keys`: create, list and revoke API keys. A key is shown once, when it is made."""

from __future__ import annotations

import json
from uuid import UUID

import click

from storepulse.access import keys as api_keys
from storepulse.cli.database import connection
from storepulse.domain.stores import normalised_domain, store_id_of_domain


@click.group()
def command() -> None:
    """Create, list and revoke keys.

    Example: storepulse keys create --kind secret --scope read
    """


@command.command()
@click.option("--kind", type=click.Choice(sorted(api_keys.PREFIXES)), default="publishable")
@click.option(
    "--scope", "scopes", type=click.Choice(api_keys.SCOPES), multiple=True,
    help="What a secret key may do; again for each. Publishable keys only ingest.",
)  # fmt: skip
@click.option("--store", type=click.UUID, help="Tie the key to this store.")
@click.option("--domain", help="The store's domain. Without --store: the store known by it alone.")
@click.option("--origin", "origins", multiple=True, help="Origin that may use it; again for each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    *,
    kind: str,
    scopes: tuple[str, ...],
    store: UUID | None,
    domain: str | None,
    origins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a key and print it: nobody can read it again.

    A publishable key that is tied to a store sends carts under the store's own domain alone.

    Example: storepulse keys create --domain shop.example --origin https://shop.example
    """
    if kind == "publishable" and set(scopes) - {"ingest"}:
        raise click.UsageError("a publishable key stands in web pages: its only scope is ingest")
    if kind == "secret" and not scopes:
        raise click.UsageError("name at least one --scope")
    if domain is not None:
        domain = normalised_domain(domain, "domain")
        store = store or UUID(store_id_of_domain(domain))
    key = api_keys.new_key(kind)
    with connection() as opened:
        if store is not None and domain is not None:
            api_keys.store_domain(opened, store, domain)
        key_id = api_keys.store_key(
            opened, key, kind=kind, scopes=list(scopes) or ["ingest"], store_id=store,
            origins=list(origins),
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps({"key_id": str(key_id), "key": key}))
    else:
        click.echo(key)
        click.echo(f"id {key_id}; keep the key now, it is stored as a hash only", err=True)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(*, as_json: bool) -> None:
    """List keys by their first characters, revoked ones too.

    Example: storepulse keys ls
    """
    with connection() as opened:
        keys = api_keys.all_keys(opened)
    if as_json:
        rows = [
            {
                "key_id": str(key.key_id),
                "kind": key.kind,
                "hint": key.hint,
                "store_id": str(key.store_id) if key.store_id else None,
                "scopes": key.scopes,
                "origins": key.origins,
                "revoked": key.revoked,
            }
            for key in keys
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for key in keys:
        state = "revoked" if key.revoked else "active"
        store_text = str(key.store_id) if key.store_id else "any store"
        click.echo(
            f"{key.key_id}  {key.hint}  {state:<7}  {','.join(key.scopes):<22}  {store_text}"
        )


@command.command()
@click.argument("key_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def revoke(key_id: UUID, *, as_json: bool) -> None:
    """Revoke a key; services refuse it within seconds.

    Exit code 1 where there is no such active key.

    Example: storepulse keys revoke 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11
    """
    from storepulse.domain.errors import Rejected

    with connection() as opened:
        if not api_keys.revoke(opened, key_id):
            raise Rejected("key_id", f"there is no active key {key_id}")
    click.echo(json.dumps({"revoked": str(key_id)}) if as_json else f"revoked {key_id}")
