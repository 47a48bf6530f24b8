"""`storepulse demo`: sends realistic traffic through the public HTTP API, and verifies figures."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli.demo_calls import (
    end_scenes,
    entered_secrets,
    prepared_stage,
    verdict_of_experiment,
    verified,
)
from storepulse.cli.demo_records import put_records
from storepulse.cli.gateway_key import key_for
from storepulse.cli.parameters import Since
from storepulse.domain.envelope import iso_ms
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.local.home_addresses import load_beside

if TYPE_CHECKING:
    from storepulse.demo.scenes.stage import Stage
    from storepulse.demo.sender import BeaconSender
    from storepulse.demo.traffic import Plan

DEFAULT_EVENTS = 10_000
#: How long the last events may take until the figures include them.
PATIENCE_SECONDS = 60.0
#: Columns of the widest table.
WIDEST = 200
#: Headings that fit a terminal of 80 columns.
SHORT = {"duplicates": "repeats", "malformed": "bad", "unexpected": "wrong"}


class Rate(click.ParamType):
    """Events a second: `200` or `200/s`."""

    name = "N/s"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            rate = float(str(value).removesuffix("/s"))
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            self.fail(f"{value!r} is not a rate such as 200/s", param, ctx)
        return rate


@click.command()
@click.option(
    "--seed",
    type=int,
    help="The same seed gives the same ids, content and figures. Default: a new one.",
)
@click.option(
    "--events", type=click.IntRange(1), help="Number of distinct events; repeats are added to it."
)
@click.option("--rate", type=Rate(), help="Most beacons a second, such as 200/s.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), help="Stop after SECONDS.")
@click.option("--stores", type=click.IntRange(1, 1000), default=3, show_default=True)
@click.option("--url", help="The gateway. Default: the one on this machine.")
@click.option("--key", default="", help="Write key. Default on this machine: the home folder's.")
@click.option(
    "--at",
    type=Since(),
    help="Visits happen in the day before this UTC time or age. Default: last midnight.",
)
@click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the result. Default: demo/seed-N.json in the data folder.",
)
@click.option("--concurrency", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option(
    "--give-up", type=click.FloatRange(0), default=120.0, show_default=True,
    help="Seconds to repeat a request that gets no answer.",
)  # fmt: skip
@click.option(
    "--scenes/--no-scenes",
    "with_scenes",
    default=True,
    show_default=True,
    help="Reach a plan's limits, abandon carts, run experiments, and break a button.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Compare the stores' figures with those of this run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of a table.")
def command(  # noqa: PLR0913  # long: one parameter an option
    *,
    seed: int | None,
    events: int | None,
    rate: float | None,
    duration: float | None,
    stores: int,
    url: str | None,
    key: str,
    at: datetime | None,
    manifest: Path | None,
    concurrency: int,
    give_up: float,
    with_scenes: bool,
    verify: bool,
    as_json: bool,
) -> None:
    """Send realistic traffic: visits, funnels, pointers, robots, retries, broken beacons.

    Every event that must be stored is written beside the manifest. The same seed repeats everything
    and changes no figure. --verify reads sessions, funnels, carts, clicks and scroll reach back
    through the API; the stores must not have other events. It waits about a minute until abandoned
    carts are reported. With a key of scope admin, shops reach a plan's limits and run experiments;
    below 200 events there are no such scenes. From 5,000 events on, carts of the shop demo-rowan
    drop, and the console shows why.

    \b
    Exit codes: 0 every answer and every figure is as expected, 1 one is not (the manifest says
    which), 2 wrong options, 3 the gateway cannot be reached.

    Example: storepulse demo --seed 7 --events 50000
    """
    from storepulse.demo import manifest as files
    from storepulse.demo.figures import RunFigures
    from storepulse.demo.scenes.stage import LEAST_EVENTS
    from storepulse.demo.sender import BeaconSender
    from storepulse.demo.traffic import Plan

    settings = load_beside(os.environ)
    seed = secrets.randbelow(10**9) if seed is None else seed
    path = manifest or settings.home / "demo" / f"seed-{seed}.json"
    start = start_of_run(path, seed, stores, at)
    key = key_for(settings, url, key)
    is_secret = key.startswith("ssk_")
    plan = Plan(seed, start, stores, trusted=is_secret, has_secrets=is_secret)
    events = DEFAULT_EVENTS if events is None and duration is None else events
    base = (url or f"http://127.0.0.1:{settings.gateway_port}").rstrip("/")
    figures = RunFigures()
    with files.event_writer(path) as write_events, progress_bar(events, quiet=as_json) as advance:
        take = figures.count_also(write_events)
        sender = BeaconSender(base, take, key, concurrency, rate or 0.0, give_up, progress=advance)
        if plan.trusted:
            sender.secrets = entered_secrets(base, key, plan)
            plan = replace(plan, has_secrets=sender.secrets is not None)
        with_scenes &= plan.has_secrets and (events is None or events >= LEAST_EVENTS)
        # With --url, the gateway may belong to another installation than the Kafka settings.
        put = None if url else put_records
        stage = prepared_stage(base, key, plan, events=events, put=put, with_scenes=with_scenes)
        began = time.monotonic()
        until = None if duration is None else began + duration
        interrupted = run(sender, plan, stage, events, until)
        take([] if interrupted else end_scenes(base, key, stage, sender))
        seconds = round(time.monotonic() - began, 3)
    document = manifest_of(plan, stage, sender, path, seconds=seconds, interrupted=interrupted)
    figures.enter(document["stores"])
    stage.enter(document["stores"])
    enter_told(document, base, key, stage, verify=verify)
    files.write(path, document)
    show_as_json(document) if as_json else show(document, path)
    is_right = sender.tally.is_as_expected and not document.get("wrong_figures")
    sys.exit(0 if is_right and not interrupted else 1)


def start_of_run(path: Path, seed: int, stores: int, at: datetime | None) -> int:
    """The run's start, epoch milliseconds. Raises Misconfigured if it is out of range."""
    from storepulse.demo import manifest
    from storepulse.demo.traffic import DAY, OLDEST_START_DAYS

    now = int(time.time() * 1000)
    start = manifest.start_of(path, seed, stores, now) if at is None else int(at.timestamp() * 1000)
    if not now - OLDEST_START_DAYS * DAY <= start <= now + DAY // 2:
        raise Misconfigured("--at", f"must be a time of the last {OLDEST_START_DAYS} days")
    return start


def manifest_of(
    plan: Plan,
    stage: Stage,
    sender: BeaconSender,
    path: Path,
    *,
    seconds: float,
    interrupted: bool,
) -> dict[str, Any]:
    """The manifest of a run: how to repeat it, and the outcomes of its beacons."""
    from storepulse.demo.manifest import events_file

    stores = plan.stores()
    return {
        "seed": plan.seed,
        "start": plan.start,
        "at": iso_ms(plan.start),
        "url": sender.url,
        "shops": [shop.domain for shop in stores],
        "seconds": seconds,
        "interrupted": interrupted,
        "events_file": events_file(path).name,
        **sender.tally.document([*stores, *stage.shops]),
    }


def enter_told(
    document: dict[str, Any], base: str, key: str, stage: Stage, *, verify: bool
) -> None:
    """Adds figures from the API to the manifest: with `verify` those that are wrong, and the
    experiment's verdict. Raises Transient if they cannot be read."""
    from storepulse.demo.scenes.stage import TOLD_SECONDS

    if verify:
        patience = PATIENCE_SECONDS + (TOLD_SECONDS if stage.is_played else 0.0)
        document["wrong_figures"] = verified(base, key, document, patience)
    if not document["interrupted"]:
        document["experiment"] = verdict_of_experiment(base, key, stage)


def run(
    sender: BeaconSender, plan: Plan, stage: Stage, events: int | None, until: float | None
) -> bool:
    """Sends everything. Returns True after Ctrl-C. Raises Transient without a gateway."""
    import uvloop

    from storepulse.demo.traffic import visitors

    of_visits = None if events is None else events - stage.fresh

    async def go() -> None:
        await require_gateway(sender.url)
        everybody = itertools.chain(stage.visitors(), visitors(plan, of_visits))
        await sender.send(everybody, until)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(go())
    except KeyboardInterrupt:
        return True
    return False


async def require_gateway(url: str) -> None:
    """Raises Transient if nothing listens at the gateway's address."""
    from storepulse.demo.connection import Server

    server = Server.of(url)
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection(server.host, server.port)
    except (OSError, TimeoutError) as error:
        raise Transient(
            f"no gateway at {url}: {error or 'timeout'}; start the stack with `storepulse up`"
        ) from error
    writer.close()


@contextmanager
def progress_bar(events: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("events"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("events", total=events)
        yield lambda count: bar.advance(task, count)


def show_as_json(document: dict[str, Any]) -> None:
    """Prints the manifest."""
    import json

    click.echo(json.dumps(document, indent=2))


def show(document: dict[str, Any], path: Path) -> None:
    """Prints the summary as tables."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from storepulse.demo.scenes import broken_button
    from storepulse.demo.tally import COLUMNS

    console = Console()
    title = f"seed {document['seed']}, visits before {document['at']}"
    table = Table(title=title, box=SIMPLE_HEAD, padding=0)
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column(SHORT.get(column, column), justify="right")
    for stream, counts in document["streams"].items():
        table.add_row(f"[bold]{stream}", *(f"{counts[c]:,}" for c in COLUMNS))
        for kind, of_kind in counts["types"].items():
            table.add_row(f"  {kind}", *(f"{of_kind[c]:,}" for c in COLUMNS), style="dim")
    table.add_section()
    for store in document["stores"].values():
        table.add_row(store["domain"].partition(".")[0], *(f"{store[c]:,}" for c in COLUMNS))
    table.add_section()
    table.add_row("[bold]total", *(f"{document['totals'][c]:,}" for c in COLUMNS))
    # May be wider than the terminal, because truncated figures would be wrong.
    wanted = Console(width=WIDEST).measure(table).maximum
    Console(width=max(console.width, wanted)).print(table)
    for complaint in document["complaints"]:
        console.print(f"{complaint['path']}: {complaint['reason']}", style="red", markup=False)
    for line in document.get("wrong_figures", ()):
        console.print(line, style="red", markup=False)
    if document.get("wrong_figures") == []:
        console.print("Every figure is as expected.", highlight=False)
    tested = document.get("experiment")
    if tested is not None:
        line = f"Experiment {tested['name']}: {tested['verdict']}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for store in document["stores"].values():
        if broken_button.FIGURE in store.get("figures", {}):
            line = f"Carts of {store['domain']} dropped. Find out why: storepulse console"
            console.print(line, highlight=False, soft_wrap=True)
    console.print(
        f"{document['requests']:,} requests in {document['seconds']:.1f} s"
        f" ({document['totals']['accepted'] / max(document['seconds'], 0.001):,.0f} events/s),"
        f" {document['retries']} retries. Manifest: {path}",
        highlight=False,
    )
