"""`storepulse destinations`: where events are sent. Secrets are shown once, when created."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from storepulse.cli import destination_display as display
from storepulse.cli import destination_options as options
from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.parameters import Duration
from storepulse.cli.servers import settings_in_force
from storepulse.destinations.rules.rotation import LONGEST_EXPIRY

if TYPE_CHECKING:
    from storepulse.adapters.secret_box import SecretBox
    from storepulse.adapters.settings import Settings
    from storepulse.destinations.table.rows import Connection


@click.group()
def command() -> None:
    """Declare where events are sent, and pause, resume or remove it.

    A destination is named by its name or id.

    Example: storepulse destinations add shop-crm --url https://crm.example/hooks --stream cart
    """


@command.command()
@json_output.as_json
def ls(*, as_json: bool) -> None:
    """List destinations with their status.

    Example: storepulse destinations ls
    """
    from storepulse.destinations.table.reads import list_destinations

    with connection() as opened:
        rows = list_destinations(opened)
    if as_json:
        json_output.print_json([display.document(row) for row in rows])
        return
    display.show_destinations(rows)


@command.command()
@click.argument("destination")
@json_output.as_json
def show(destination: str, *, as_json: bool) -> None:
    """Show one destination without its secrets.

    Exit code 1 if it does not exist.

    Example: storepulse destinations show shop-crm
    """
    from storepulse.destinations.table.reads import find_destination

    with connection() as opened:
        entry = find_destination(opened, destination)
    display.show(entry, as_json=as_json)
    display.warn(entry)


@command.command()
@click.argument("name")
@click.option("--kind", default="webhook", show_default=True, help="The kind of destination.")
@options.declaration_options
@json_output.as_json
def add(name: str, *, kind: str, as_json: bool, **declared: Any) -> None:
    """Add a destination; a webhook's new signing secret is printed once.

    It gets events from now on; `storepulse deliveries backfill` sends earlier ones.

    Example: storepulse destinations add shop-crm --url https://crm.example/hooks --type purchase
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.rules.model import Destination
    from storepulse.destinations.table.changes import create, default_batch_events
    from storepulse.destinations.table.reads import find_destination
    from storepulse.destinations.table.trail import audited
    from storepulse.domain.signing import new_secret

    changes = options.changes(declared)
    secrets = options.secrets(declared["secret_env"], os.environ)
    made = None
    if kind == "webhook" and not secrets:
        made = new_secret(os.urandom(32))
        secrets = {"signing": [made]}
    usual = Destination(
        str(uuid4()), name, kind, secrets=secrets, batch_events=default_batch_events(kind)
    )
    settings = settings_in_force()
    with _open(settings) as (opened, box):
        declaration = replace(usual, **changes)
        with audited(opened, CLI.name, "created", declaration.destination_id):
            create(opened, box, declaration, system_clock(), settings.delivery_reach)
        entry = find_destination(opened, declaration.destination_id)
    display.warn(entry)
    if as_json:
        json_output.print_json(display.document(entry) | {"secret": made})
        return
    display.show(entry, as_json=False)
    display.show_secret(made)


@command.command()
@click.argument("destination")
@click.option("--name", help="A new name.")
@options.declaration_options
@json_output.as_json
def update(destination: str, *, name: str | None, as_json: bool, **declared: Any) -> None:
    """Change the named options; the rest stays. An empty --stream, --type or --consent clears it.

    Example: storepulse destinations update shop-crm --stream cart --stream activity
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.table.changes import change
    from storepulse.destinations.table.reads import find_destination, load_destination
    from storepulse.destinations.table.trail import audited

    if declared["secret_env"]:
        raise click.UsageError("change secrets with: storepulse destinations rotate")
    settings = settings_in_force()
    with _open(settings) as (opened, box):
        # Its headers too: --config changes parts of what is there.
        before = load_destination(opened, box, destination)
        changes = options.changes(declared, before.config) | ({"name": name} if name else {})
        if not changes:
            raise click.UsageError("name at least one option to change")
        with audited(opened, CLI.name, "changed", destination):
            changed = change(
                opened, box, destination, changes, system_clock(), reach=settings.delivery_reach
            )
        entry = find_destination(opened, changed.destination_id)
    display.show(entry, as_json=as_json)
    display.warn(entry)


@command.command()
@click.argument("destination")
@options.secret_env
@click.option(
    "--retire", is_flag=True, help="End the rotation: only the newest secret stays valid."
)
@click.option(
    "--expires-in",
    type=Duration(LONGEST_EXPIRY),
    help="End the older secrets after this time. Default: only with --retire.",
)
@json_output.as_json
def rotate(
    destination: str,
    *,
    secret_env: tuple[str, ...],
    retire: bool,
    expires_in: timedelta | None,
    as_json: bool,
) -> None:
    """Add a new secret. Older secrets stay valid until --retire, or for --expires-in.

    A webhook's new signing secret is created and printed once. Requests carry a signature of each
    valid secret, five at most, so that the receiver can switch at any time in between. For other
    kinds, only the newest secret is used.

    Example: storepulse destinations rotate shop-crm --expires-in 24h
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.rules.rotation import AddedSecret
    from storepulse.destinations.table.changes import add_secret, retire_secrets
    from storepulse.destinations.table.reads import find_destination
    from storepulse.destinations.table.trail import audited
    from storepulse.domain.signing import new_secret

    given = options.secrets(secret_env, os.environ)
    if retire and (given or expires_in is not None):
        raise click.UsageError("--retire cannot be combined with a new secret or a time")
    made = None
    with _open() as (opened, box):
        entry = find_destination(opened, destination)
        if retire:
            with audited(opened, CLI.name, "secrets_retired", destination):
                retire_secrets(opened, box, destination, system_clock())
        elif not given:
            if entry.destination.kind != "webhook":
                raise click.UsageError("--secret-env NAME=VARIABLE is needed for this kind")
            made = new_secret(os.urandom(32))
            given = {"signing": [made]}
        for field, values in given.items():
            added = AddedSecret(field, values[0], expires_in)
            with audited(opened, CLI.name, "secret_added", destination):
                add_secret(opened, box, destination, added, system_clock())
        entry = find_destination(opened, destination)
    if as_json:
        ends = {name: list(values) for name, values in entry.secret_ends.items()}
        document = {"destination": entry.destination.name, "secret": made, "secret_ends": ends}
        click.echo(json.dumps(document))
        return
    for line in display.valid_secrets(entry):
        click.echo(line)
    display.show_secret(made)


@command.command()
@click.argument("destination")
@json_output.as_json
def pause(destination: str, *, as_json: bool) -> None:
    """Stop sending. Events are still queued for it.

    Example: storepulse destinations pause shop-crm
    """
    _set_status(destination, "paused", as_json=as_json)


@command.command()
@click.argument("destination")
@json_output.as_json
def resume(destination: str, *, as_json: bool) -> None:
    """Send again after a pause, or after the receiver's 410; closes its circuit breaker.

    Example: storepulse destinations resume shop-crm
    """
    _set_status(destination, "active", as_json=as_json)


@command.command()
@click.argument("destination")
@click.option("--discard", is_flag=True, help="Also if events wait for it; they fail.")
@json_output.as_json
def rm(destination: str, *, discard: bool, as_json: bool) -> None:
    """Remove a destination. Its deliveries stay listed.

    Exit code 1 if it does not exist, or if events wait for it and --discard is not given.

    Example: storepulse destinations rm shop-crm
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.table.removal import remove

    with connection() as opened:
        discarded = remove(opened, destination, system_clock(), discard=discard)
    if as_json:
        click.echo(json.dumps({"removed": destination, "discarded": discarded}))
        return
    click.echo(f"removed {destination}" + (f"; {discarded} events failed" if discarded else ""))


@command.command()
@click.argument("destination")
@json_output.as_json
def test(destination: str, *, as_json: bool) -> None:
    """Send one example event at once and print the answer. Nothing about it is stored.

    Its session is storepulse-trial. Exit code 1 if the destination does not accept it.

    Example: storepulse destinations test shop-crm
    """
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.table.reads import load_destination
    from storepulse.destinations.trial_event import send_trial

    settings = settings_in_force()
    with _open(settings) as (opened, box):
        target = load_destination(opened, box, destination)
    event, outcome = asyncio.run(send_trial(target, uuid4(), system_clock(), settings))
    taken = outcome.verdict == "delivered" and not outcome.refusals and not outcome.omissions
    if as_json:
        json_output.print_json(display.answer(target, event, outcome, taken=taken))
    else:
        display.show_answer(event, outcome, taken=taken)
    sys.exit(0 if taken else 1)


@contextmanager
def _open(settings: Settings | None = None) -> Iterator[tuple[Connection, SecretBox]]:
    """A connection, and the box that decrypts secrets."""
    from storepulse.adapters.secret_box import SecretBox

    settings = settings or settings_in_force()
    box = SecretBox.of(settings)
    with connection(settings) as opened:
        yield opened, box


def _set_status(destination: str, status: str, *, as_json: bool) -> None:
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.destinations.table.changes import change
    from storepulse.destinations.table.reads import find_destination
    from storepulse.destinations.table.trail import audited

    with _open() as (opened, box):
        with audited(opened, CLI.name, "changed", destination):
            change(opened, box, destination, {"status": status}, system_clock())
        entry = find_destination(opened, destination)
    if as_json:
        json_output.print_json(display.document(entry))
    else:
        click.echo(f"{entry.destination.name} is {entry.destination.status}")
