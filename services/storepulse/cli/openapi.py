"""`storepulse openapi`: the OpenAPI document of a service, made from its code."""

from __future__ import annotations

import json
import os
from importlib import import_module

import click

from storepulse.adapters.settings import load

#: The function of each service that makes its document.
MODULES = {"gateway": "storepulse.gateway.openapi", "query": "storepulse.query.app"}


@click.command()
@click.argument("service", type=click.Choice(list(MODULES)))
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the only form there is).")
def command(service: str, *, as_json: bool) -> None:
    """Print the OpenAPI document of a service.

    Example: storepulse openapi gateway > gateway.json
    """
    document = import_module(MODULES[service]).openapi(load(os.environ))
    click.echo(json.dumps(document, indent=2))
