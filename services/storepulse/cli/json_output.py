"""The option --json, and how documents are printed with it."""

from __future__ import annotations

import json
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(document: Any) -> None:
    """A document on standard output, indented."""
    click.echo(json.dumps(document, indent=2))
