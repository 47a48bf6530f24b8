"""The option --json, and printing of documents."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from storepulse.domain.times import utc_text

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON types: ids as text, times as UTC ISO 8601 with `Z`."""
    return {name: _plain(value) for name, value in document.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return str(value) if isinstance(value, UUID) else value


def print_json(document: Any) -> None:
    """Prints a document on standard output, indented."""
    click.echo(json.dumps(document, indent=2))
