"""`storepulse stores`: declares stores, changes their settings and secrets, shows their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.cli import json_output, store_secrets
from storepulse.cli.database import connection
from storepulse.cli.store_names import store_id_of
from storepulse.cli.table import show_fields, wrapped

if TYPE_CHECKING:
    from storepulse.access.store_changes import StoreRow

MOST_ROWS = 1_000
#: Any value of a numeric setting; the rules check the maximum.
MOST_DIGITS = 10
settings_option = click.option(
    "--set", "assigned", multiple=True, metavar="NAME=VALUE",
    help="time_zone, currency, addresses, page_patterns, event_names or abandoned_minutes."
    " Repeatable. Leave the value empty to restore the default.",
)  # fmt: skip
count_option = click.option(
    "--count", type=click.IntRange(1, MOST_ROWS), default=100, show_default=True, help="Most rows."
)


@click.group()
def command() -> None:
    """Declare stores, change their settings, see who changed what.

    A store is named by its id or domain.

    Example: storepulse stores create shop.example --set time_zone=Europe/Berlin
    """


command.add_command(store_secrets.command)


@command.command()
@click.argument("domain", required=False)
@click.option("--id", "store_id", type=click.UUID, help="Its id. Default: derived from its domain.")
@click.option("--name", help="A label for people.")
@settings_option
@json_output.as_json
def create(
    domain: str | None,
    *,
    store_id: UUID | None,
    name: str | None,
    assigned: tuple[str, ...],
    as_json: bool,
) -> None:
    """Declare a store.

    Exit code 1 if its id or domain is taken.

    Example: storepulse stores create shop.example --set currency=EUR
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_changes import create_store
    from storepulse.adapters.clock import system_clock

    if domain is None and store_id is None:
        raise click.UsageError("name its DOMAIN or its --id")
    with connection() as opened:
        row = create_store(
            opened, CLI, system_clock(), store_id=store_id, domain=domain, name=name,
            settings=_settings(assigned),
        )  # fmt: skip
    _show(row, as_json=as_json)


@command.command()
@count_option
@json_output.as_json
def ls(*, count: int, as_json: bool) -> None:
    """List stores, newest first.

    Example: storepulse stores ls
    """
    from storepulse.access.store_changes import list_stores

    with connection() as opened:
        rows = list_stores(opened, count)
    if as_json:
        json_output.print_json([_document(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.store_id}  {_text(row.domain)}")
        if row.name:
            click.echo(f"  {_text(row.name)}")


@command.command()
@click.argument("store")
@json_output.as_json
def show(store: str, *, as_json: bool) -> None:
    """Show one store with its settings.

    Exit code 1 if it does not exist.

    Example: storepulse stores show shop.example
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_changes import find_store

    with connection() as opened:
        row = find_store(opened, CLI, store_id_of(opened, store))
    _show(row, as_json=as_json)


@command.command(name="set")
@click.argument("store")
@click.argument("assigned", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--domain", help="A new domain.")
@click.option("--name", help="A new label; empty: none.")
@json_output.as_json
def set_(
    store: str,
    *,
    assigned: tuple[str, ...],
    domain: str | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Change settings. Services apply them within seconds.

    The settings are time_zone, currency, addresses, page_patterns, event_names and
    abandoned_minutes. page_patterns are paths that count as one page each, such as /products/*.
    event_names say what names of Segment's clients mean, such as "Added to Bag=add_to_cart".
    Separate several of them by commas. abandoned_minutes is how long a cart waits until it is
    reported as abandoned; 0: never. Leave a value empty to restore the default. A time zone applies
    from the store's next local midnight, or from the first midnight after events that lie in the
    future. Its first day is printed. Exit code 1 if a value is refused.

    Example: storepulse stores set shop.example addresses=shortened currency=EUR
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.access.store_changes import change_store
    from storepulse.adapters.clock import system_clock

    changes: dict[str, Any] = {"settings": _settings(assigned)} if assigned else {}
    changes |= {} if domain is None else {"domain": domain}
    changes |= {} if name is None else {"name": name}
    if not changes:
        raise click.UsageError("name at least one setting to change")
    with connection() as opened:
        row = change_store(opened, CLI, store_id_of(opened, store), changes, system_clock())
    _show(row, as_json=as_json)
    if not as_json and row.periods and "time_zone" in changes.get("settings", {}):
        click.echo(f"{row.zones[-1]} applies from {row.days[-1]}")


@command.command()
@click.option("--store", help="Only this store, by id or domain.")
@click.option("--object", "target", help="Only the store, key or destination with this id.")
@count_option
@json_output.as_json
def audit(*, store: str | None, target: str | None, count: int, as_json: bool) -> None:
    """Show who changed stores, keys and destinations, and how, newest first.

    Example: storepulse stores audit --store shop.example
    """
    import json
    from dataclasses import asdict

    from storepulse.access.audit import list_entries

    with connection() as opened:
        store_id = None if store is None else store_id_of(opened, store)
        entries = list_entries(opened, count, store_id=store_id, target=target)
    if as_json:
        json_output.print_json([json_output.plain(asdict(entry)) for entry in entries])
        return
    for entry in entries:
        at = json_output.plain({"at": entry.at})["at"]
        click.echo(f"{at[:19]}Z  {entry.who:<9}  {entry.action}\n  {entry.object}")
        old, new = entry.change.get("from", {}), entry.change.get("to", {})
        for name in {**old, **new}:
            sides = [json.dumps(side[name]) for side in (old, new) if name in side]
            for line in wrapped(f"    {name}: {' -> '.join(sides)}", indent=6):
                click.echo(line)


def _settings(assigned: tuple[str, ...]) -> dict[str, str | int | list[str] | None]:
    from storepulse.domain.store_settings import LISTS, NUMBERS

    settings: dict[str, str | int | list[str] | None] = {}
    for assignment in assigned:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"{assignment!r} is not of the form NAME=VALUE")
        stated: str | int | list[str] = value
        if name in LISTS:
            stated = [part.strip() for part in value.split(",")]
        elif name in NUMBERS and value.isascii() and value.isdigit() and len(value) < MOST_DIGITS:
            stated = int(value)
        settings[name] = stated if value else None
    return settings


def _document(row: StoreRow) -> dict[str, Any]:
    from dataclasses import asdict

    shown = asdict(row)
    zones = zip(shown.pop("zones"), shown.pop("days"), strict=True)
    shown["settings"] = asdict(row.known_settings)
    shown["time_zones"] = [{"zone": zone, "from_day": day.isoformat()} for zone, day in zones]
    return json_output.plain(shown)


def _text(value: object) -> str:
    from storepulse.cli.tail import printable

    return "-" if value in (None, "") else printable(str(value))


def _show(row: StoreRow, *, as_json: bool) -> None:
    from storepulse.domain.store_settings import LISTS
    from storepulse.domain.time_zones import BEGINNING

    document = _document(row)
    if as_json:
        json_output.print_json(document)
        return
    zones = ", ".join(
        period.zone if period.from_day == BEGINNING else f"{period.zone} from {period.from_day}"
        for period in row.periods
    )
    settings = document.pop("settings")
    settings |= {name: ", ".join(settings[name]) for name in LISTS}
    fields = {**document, **settings, "time_zones": zones}
    show_fields((name, str(value or "-")) for name, value in fields.items())
