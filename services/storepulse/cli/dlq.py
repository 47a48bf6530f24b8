"""`storepulse dlq`: dead letters, listed, shown, replayed, discarded, exported."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click
import psycopg

from storepulse.adapters.clock import clock_of
from storepulse.cli import dlq_display as display
from storepulse.cli.demo import Rate
from storepulse.cli.dlq_options import chosen, filtered, with_destination

if TYPE_CHECKING:
    from storepulse.adapters.settings import Settings
    from storepulse.dead_letters.index import Selection

POLL_SECONDS = 0.2
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Look at dead letters and bring them back: nothing is lost, nothing counts twice.

    Example: storepulse dlq ls --since 24h
    """


@command.command()
@filtered(status="open")
@click.option("--each", is_flag=True, help="List single letters, newest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
              help="Most letters of --each.")  # fmt: skip
@_as_json
def ls(
    *, selection: Selection, destination: str | None, each: bool, limit: int, as_json: bool
) -> None:
    """Group dead letters by reason, with counts, first and last time.

    Example: storepulse dlq ls --stream cart --since 24h
    """
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import group_document, letter_document

    with _opened() as (_, connection):
        selection = with_destination(connection, selection, destination)
        if each:
            letters = index.page(connection, selection, limit)
        else:
            groups = index.groups(connection, selection)
    if each:
        if as_json:
            click.echo(json.dumps([letter_document(letter) for letter in letters], indent=2))
        else:
            display.show_letters(letters)
    elif as_json:
        click.echo(json.dumps([group_document(group) for group in groups], indent=2))
    else:
        display.show_groups(groups)


@command.command()
@click.argument("dead_letter_id", metavar="ID", type=click.UUID)
@click.option("--raw", is_flag=True, help="The original bytes too.")
@_as_json
def show(*, dead_letter_id: UUID, raw: bool, as_json: bool) -> None:
    """Show one dead letter: its event decoded, why it is here, where it came from, its trail.

    Exit code 1 where there is none.

    Example: storepulse dlq show 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11 --raw
    """
    from storepulse.contracts.topics import load_catalog
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import action_document, full_document

    with _opened() as (settings, connection):
        letter = index.letter_of(connection, dead_letter_id)
        actions = index.trail(connection, dead_letter_id)
    document = full_document(letter, load_catalog(settings.topic_prefix), raw=raw)
    document["trail"] = [action_document(action) for action in actions]
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        display.show_letter(document, letter, raw=raw)


@command.command()
@chosen
@click.option("--dry-run", is_flag=True, help="Say what would be replayed, and touch nothing.")
@click.option("--max", "limit", type=click.IntRange(1), help="Replay so many at most.")
@click.option("--rate", type=Rate(), help="Letters a second at most, such as 50/s.")
@click.option("--patch", metavar="FILE|JSON", help="JSON Patch (RFC 6902) for each event.")
@click.option("--to-destination", metavar="NAME", help="Deliver the events there instead.")
@click.option("--wait", type=click.FloatRange(0), default=10.0, show_default=True,
              help="Seconds to wait for what comes of it.")  # fmt: skip
@_as_json
def replay(  # noqa: PLR0913 - one parameter an option
    *,
    selection: Selection,
    destination: str | None,
    dry_run: bool,
    limit: int | None,
    rate: float | None,
    patch: str | None,
    to_destination: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Send dead letters through again, with the same event ids.

    Run it twice at once, interrupt it, run it again: each letter has one effect. What dies again
    comes back with its replays counted, and is quarantined after a few.

    \b
    Exit codes: 0 all were replayed and none came back while we waited, 1 some were not or did,
    2 wrong options, 3 Kafka or PostgreSQL is out of reach (run it again).

    Example: storepulse dlq replay --reason "refused by the database" --dry-run
    """
    from storepulse.dead_letters import index
    from storepulse.dead_letters.reprocessing import Order, Replay
    from storepulse.dead_letters.requeue import target_named

    parsed = None if patch is None else _patch(patch)
    with (
        _opened(kafka=not dry_run and to_destination is None) as (settings, connection),
        _until_interrupted() as stop,
    ):
        selection = with_destination(connection, selection, destination)
        target = None if to_destination is None else target_named(connection, to_destination)
        order = Order(selection, _actor(), parsed, target, limit, rate)
        run = Replay(settings, connection, order, _now, stop)
        total = index.count(connection, selection, _now()).replayable
        with display.progress_bar(min(total, limit or total), quiet=as_json) as progress:
            tally = run.rehearse(progress) if dry_run else run.run(progress)
        outcome = Counter[str]()
        if not dry_run:
            outcome = _outcome(connection, tally.sent, wait, stop)
        skipped = _skipped(connection, selection, tally.named(), limit)
    document = display.replay_document(
        tally, outcome, skipped, dry_run=dry_run, complete=not stop.is_set()
    )
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        display.show_replay(document)
    came_back = outcome["returned"] + outcome["quarantined"]
    sys.exit(1 if tally.refused or skipped or came_back or stop.is_set() else 0)


@command.command()
@chosen
@click.option("--why", required=True, help="Kept in the letters' trail.")
@click.option("--dry-run", is_flag=True, help="Count them, and touch nothing.")
@_as_json
def discard(
    *, selection: Selection, destination: str | None, why: str, dry_run: bool, as_json: bool
) -> None:
    """Close dead letters without a replay. They can be reopened until they are too old.

    Exit code 1 where a named letter is not open.

    Example: storepulse dlq discard --stream heatmap --since 7d --why "a test shop"
    """
    from storepulse.dead_letters import index

    with _opened() as (_, connection):
        selection = with_destination(connection, selection, destination)
        if dry_run:
            done = index.count(connection, selection, _now()).discardable
            skipped = {}
        else:
            closed = index.discard(connection, selection, why=why, actor=_actor(), now=_now())
            done = len(closed)
            skipped = _skipped(connection, selection, set(closed), None)
    if as_json:
        click.echo(json.dumps({"discarded": done, "dry_run": dry_run, "skipped": skipped}))
    else:
        click.echo(f"{done} {'would be discarded' if dry_run else 'discarded'}")
        for one, state in skipped.items():
            click.echo(f"{one} {state}", err=True)
    sys.exit(1 if skipped else 0)


@command.command()
@click.argument("dead_letter_id", metavar="ID", type=click.UUID)
@click.option("--why", default="", help="Kept in the letter's trail.")
@_as_json
def reopen(*, dead_letter_id: UUID, why: str, as_json: bool) -> None:
    """Open a dead letter that was discarded, resolved or quarantined.

    Exit code 1 where it is open, or a replay has it.

    Example: storepulse dlq reopen 0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11 --why "repaired"
    """
    from storepulse.dead_letters import index

    with _opened() as (_, connection):
        index.reopen(connection, dead_letter_id, why=why, actor=_actor(), now=_now())
    click.echo(json.dumps({"reopened": str(dead_letter_id)}) if as_json else "reopened")


@command.command()
@filtered(status="open")
@click.option("--json", "as_json", is_flag=True, help="The same: NDJSON is all there is.")
def export(*, selection: Selection, destination: str | None, as_json: bool) -> None:
    """Print dead letters as NDJSON, newest first: event, reason, headers, original bytes (base64).

    Example: storepulse dlq export --stream cart --status all > cart-letters.ndjson
    """
    from storepulse.contracts.topics import load_catalog
    from storepulse.dead_letters import index
    from storepulse.dead_letters.documents import full_document

    del as_json
    try:
        with _opened() as (settings, connection):
            catalog = load_catalog(settings.topic_prefix)
            selection = with_destination(connection, selection, destination)
            for letter in index.all_letters(connection, selection):
                click.echo(json.dumps(full_document(letter, catalog, raw=True)))
    except BrokenPipeError:
        # `export | head` has read enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# ---- what the commands share --------------------------------------------------------------------


@contextmanager
def _opened(*, kafka: bool = False) -> Iterator[tuple[Settings, psycopg.Connection[Any]]]:
    """The settings and a connection in autocommit mode; `kafka`: that is needed as well."""
    from storepulse.adapters import failpoints
    from storepulse.cli.database import connection
    from storepulse.cli.servers import settings_in_force
    from storepulse.domain.errors import Misconfigured

    failpoints.arm(os.environ)
    settings = settings_in_force(kafka=kafka)
    try:
        with connection(settings) as opened:
            opened.autocommit = True
            yield settings, opened
    except psycopg.errors.UndefinedTable as error:
        raise Misconfigured("DATABASE_URL", f"{error}; run `storepulse migrate up`") from error


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """Set by Ctrl-C or SIGTERM: what is at hand is finished first. The second one ends at once."""
    stop = threading.Event()

    def stopping(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {n: signal.signal(n, stopping) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _patch(given: str) -> Any:
    """A patch from its text or from a file. Raises Rejected."""
    from storepulse.dead_letters.patch import parse_patch
    from storepulse.domain.errors import Rejected

    if given.lstrip().startswith(("[", "{")):
        return parse_patch(given)
    try:
        return parse_patch(Path(given).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("patch", f"is neither JSON nor a file: {error}") from None


def _outcome(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], wait: float, stop: threading.Event
) -> Counter[str]:
    """What came of the letters that were sent, as far as it is known in time."""
    from storepulse.dead_letters.reprocessing import outcomes

    until = time.monotonic() + wait
    while True:
        found = outcomes(connection, ids)
        if not found["waiting"] or time.monotonic() >= until or stop.wait(POLL_SECONDS):
            return found


def _skipped(
    connection: psycopg.Connection[Any],
    selection: Selection,
    done: set[UUID],
    limit: int | None,
) -> dict[str, str]:
    """Why letters that were named by their id were left out."""
    from storepulse.dead_letters.index import states

    left = [one for one in selection.ids or () if one not in done]
    if not left or (limit is not None and len(done) >= limit):
        return {}
    return {str(i): s for i, s in zip(left, states(connection, left), strict=True)}


def _actor() -> str:
    """Who works here, for the trail."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def _now() -> datetime:
    return clock_of(os.environ)()
