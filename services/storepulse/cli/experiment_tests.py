"""`storepulse experiments ls`, `show` and `create`: tests as their authors write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.store_names import store_id_of
from storepulse.cli.table import Column, number_columns, show_fields, show_table, text_column

if TYPE_CHECKING:
    from storepulse.experiments.rows import ShownTest

_ENTRIES = 500
#: As much as the API takes.
_MOST_BYTES = 262_144
_store = click.option("--store", required=True, metavar="ID|DOMAIN", help="The store.")


@click.command()
@_store
@click.option(
    "--status", type=click.Choice(["draft", "running", "paused", "completed", "archived"]),
    help="Only this status.",
)  # fmt: skip
@json_output.as_json
def ls(store: str, *, status: str | None, as_json: bool) -> None:
    """List the tests of a store, the newest first.

    Example: storepulse experiments ls --store shop.example --status running
    """
    from storepulse.experiments.reading import list_tests

    with connection() as opened:
        rows = list_tests(opened, store_id_of(opened, store), status, _ENTRIES)
    if as_json:
        json_output.print_json([json_output.plain(row) for row in rows])
        return
    columns: list[Column | str] = [
        "id", "status", *number_columns("phase"), "winner", text_column("variants"),
        text_column("name"),
    ]  # fmt: skip
    cells = [
        (
            str(row["test_id"]), row["status"], str(row["phase"]), row["winner"] or "-",
            ", ".join(row["variants"]), row["name"],
        )
        for row in rows
    ]  # fmt: skip
    show_table(columns, cells)


@click.command()
@click.argument("test", type=click.UUID, metavar="ID")
@json_output.as_json
def show(test: UUID, *, as_json: bool) -> None:
    """Show a test with its phases. Exit code 1 if it does not exist.

    Example: storepulse experiments show 6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d
    """
    from storepulse.experiments.reading import find_anywhere
    from storepulse.experiments.rows import show_row

    with connection() as opened:
        shown = show_row(opened, find_anywhere(opened, test))
    print_test(shown, as_json=as_json)


@click.command()
@click.argument("file")
@_store
@json_output.as_json
def create(file: str, *, store: str, as_json: bool) -> None:
    """Create a draft from a JSON file; - is standard input. Visitors do not see it until it starts.

    The file has the body of POST /api/ab-testing/{store_id}. Weights are in basis points: 5000 is
    half. Exit code 1 if a value is refused.

    Example: storepulse experiments create green-button.json --store shop.example
    """
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.domain import json_values
    from storepulse.domain.experiments.authored import AuthoredTest, read
    from storepulse.experiments.changes import create_test

    authored = read(json_values.read(_bytes_of(file)), AuthoredTest)
    with connection() as opened:
        store_id = store_id_of(opened, store)
        shown = create_test(opened, CLI, store_id, authored, system_clock())
    print_test(shown, as_json=as_json)


def print_test(shown: ShownTest, *, as_json: bool) -> None:
    """A test, for people or as the API answers it."""
    if as_json:
        json_output.print_json(_document(shown))
        return
    row, definition = shown.row, shown.row.known_definition
    show_fields(
        (
            ("id", str(row.test_id)),
            ("store", str(row.store_id)),
            ("name", row.name),
            ("status", row.status + (f", winner {row.winner}" if row.winner else "")),
            ("version", str(row.version)),
            ("variants", _shares_text(definition.variants)),
            ("decided by", definition.primary_metric),
            ("metrics", ", ".join(metric.key for metric in definition.metrics)),
        )
    )
    for phase in shown.phases:
        times = json_output.plain({"from": phase.started_at, "to": phase.ended_at})
        settings = phase.known_settings
        until = times["to"] or "now"
        planned = f"planned {settings.n_star}"
        told = f"{times['from']} to {until}, {_shares_text(settings.variants)}, {planned}"
        show_fields([(f"phase {phase.phase}", told)])
    for warning in shown.warnings:
        show_fields([("warning", warning)])


def _bytes_of(file: str) -> bytes:
    """Raises Rejected."""
    from storepulse.domain.errors import Rejected

    try:
        with click.open_file(file, "rb") as opened:
            body: bytes = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Rejected("FILE", f"cannot be read: {error}") from None
    if len(body) > _MOST_BYTES:
        raise Rejected("FILE", f"is larger than {_MOST_BYTES} bytes")
    return body


def _document(shown: ShownTest) -> dict[str, Any]:
    from storepulse.query.experiment_answers import ExperimentAnswer

    answer = ExperimentAnswer.of(shown).model_dump(mode="json")
    data: dict[str, Any] = answer["data"]
    return data | {"warnings": answer["warnings"]}


def _shares_text(variants: Any) -> str:
    return ", ".join(f"{one.variant_id} {one.weight / 100:g} %" for one in variants)


commands = (ls, show, create)
