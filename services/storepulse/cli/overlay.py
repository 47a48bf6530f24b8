"""`storepulse overlay`: a link that opens a page of a shop with its heatmap drawn over it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.parameters import Duration


@click.command()
@click.argument("url")
@click.option("--store", help="Id or domain. Default: the store of the page's domain.")
@click.option(
    "--expires-in", type=Duration(), default=timedelta(hours=1), show_default="1h",
    help="How long the link is valid, from 1m to 1h.",
)  # fmt: skip
@json_output.as_json
def command(url: str, *, store: str | None, expires_in: timedelta, as_json: bool) -> None:
    """Print a link that opens a page of a shop with its heatmap drawn over it.

    The page must load the tracker. Anybody with the link sees the page's figures until it expires.
    Exit code 1 if the store or the address does not exist.

    Example: storepulse overlay https://shop.example/products/mug --expires-in 30m
    """
    from urllib.parse import urlsplit

    from storepulse.access import keys
    from storepulse.access.overlays import make_link
    from storepulse.adapters.clock import system_clock
    from storepulse.adapters.secret_box import SecretBox
    from storepulse.cli.servers import settings_in_force
    from storepulse.cli.store_names import store_id_of
    from storepulse.domain.errors import Rejected

    settings = settings_in_force()
    with connection(settings) as opened:
        key_id = keys.home_key_id(opened, settings.home)
        if key_id is None:
            file = keys.admin_key_file(settings.home)
            raise Rejected(
                "key", f"there is none in {file}, and links need the key to end with; run `up`"
            )
        store_id = store_id_of(opened, store or urlsplit(url).hostname or url)
    seconds = int(expires_in.total_seconds())
    link = make_link(SecretBox.of(settings), store_id, url, key_id, seconds, system_clock())
    if as_json:
        json_output.print_json(json_output.plain(asdict(link)))
    else:
        click.echo(link.url)
