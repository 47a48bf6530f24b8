"""`storepulse capture`: takes the picture of a page, over which the console draws its heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storepulse.cli import json_output
from storepulse.cli.database import connection

if TYPE_CHECKING:
    from storepulse.access.heatmap_pictures import Device, NewPicture, StoredPicture

_DEVICES = ("desktop", "tablet", "mobile")


@click.command()
@click.argument("url")
@click.option("--store", help="Id or domain. Default: the store of the page's domain.")
@click.option(
    "--device", "devices", type=click.Choice(_DEVICES), multiple=True, default=("desktop",),
    show_default=True, help="Class of device. Repeatable.",
)  # fmt: skip
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path),
    help="Store this PNG, JPEG or WebP of the whole page instead of opening a browser.",
)  # fmt: skip
@click.option("--chromium", "program", help="The browser's program. Default: Chromium on the PATH.")
@click.option(
    "--no-sandbox", is_flag=True,
    help="Run the browser without its sandbox, for root and containers. Only for trusted pages.",
)  # fmt: skip
@json_output.as_json
def command(
    url: str,
    *,
    store: str | None,
    devices: tuple[Device, ...],
    picture: Path | None,
    program: str | None,
    no_sandbox: bool,
    as_json: bool,
) -> None:
    """Take the picture of a page, over which the console draws its heatmap.

    Chromium opens the page without the tracker, so that the visit is not counted, and records
    where the elements with events are. The picture replaces the previous one of this page and
    class of device. Exit code 1 if the page cannot be shown or redirects to another page.

    Example: storepulse capture https://shop.example/products/mug --device desktop --device mobile
    """
    from urllib.parse import urlsplit

    from storepulse.access import heatmap_pictures as pictures
    from storepulse.access.rules.administration import CLI
    from storepulse.adapters.clock import system_clock
    from storepulse.cli.captured_pages import capture_all, pictures_of_file
    from storepulse.cli.store_names import store_id_of
    from storepulse.domain.pages import page_of
    from storepulse.streams.beacon import url as checked_url

    with connection() as opened:
        checked_url("url", url)
        store_id = store_id_of(opened, store or urlsplit(url).hostname or url)
        page = page_of(url, pictures.patterns_of_store(opened, store_id))
        selectors = pictures.selectors_of_page(opened, store_id, page)
    if picture is not None:
        taken = pictures_of_file(page, devices, picture)
    else:
        taken = capture_all(url, page, devices, selectors, program, sandbox=not no_sandbox)
    with connection() as opened:
        stored = [pictures.put_picture(opened, CLI, store_id, one, system_clock()) for one in taken]
    _print(stored, taken, as_json=as_json)


def _print(stored: Sequence[StoredPicture], taken: Sequence[NewPicture], *, as_json: bool) -> None:
    pairs = list(zip(stored, taken, strict=True))
    if as_json:
        found = [{**asdict(one), "elements": len(new.elements)} for one, new in pairs]
        json_output.print_json(list(map(json_output.plain, found)))
        return
    for one, new in pairs:
        size = f"{one.width} by {one.height} px, {len(new.data) / 1000:.0f} kB"
        click.echo(f"{one.page} for {one.device}: {size}, {len(new.elements)} elements found")
