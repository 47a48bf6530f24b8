"""`storepulse dlq replay`: replays dead letters."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import psycopg

from storepulse.cli import dlq_display as display
from storepulse.cli.demo import Rate
from storepulse.cli.dlq_options import add_choice, as_json_option, resolve_selection
from storepulse.cli.dlq_session import (
    current_time,
    describe_skipped,
    open_session,
    stop_on_signal,
    user_and_host,
)
from storepulse.dead_letters.index import Selection

POLL_SECONDS = 0.2


@click.command()
@add_choice
@click.option("--dry-run", is_flag=True, help="Only show what would be replayed.")
@click.option("--max", "limit", type=click.IntRange(1), help="Replay at most this many.")
@click.option("--rate", type=Rate(), help="Most letters a second, such as 50/s.")
@click.option("--patch", metavar="FILE|JSON", help="JSON Patch (RFC 6902) to apply to each event.")
@click.option(
    "--to-destination", metavar="NAME", help="Deliver the events to this destination instead."
)
@click.option("--wait", type=click.FloatRange(0), default=10.0, show_default=True,
              help="Seconds to wait for the results.")  # fmt: skip
@as_json_option
def replay(  # noqa: PLR0913 - one parameter an option
    *,
    selection: Selection,
    named: tuple[str, ...],
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

    You can run it twice at once, interrupt it, and run it again: each letter takes effect once. A
    letter that fails again is open again; after several replays it is quarantined.

    \b
    Exit codes: 0 all were replayed and none failed again while we waited, 1 some were not replayed
    or failed again, 2 wrong options, 3 Kafka or PostgreSQL cannot be reached (run it again).

    Example: storepulse dlq replay --reason "refused by the database" --dry-run
    """
    from storepulse.dead_letters.index import count_letters
    from storepulse.dead_letters.replay import ReplayRun
    from storepulse.dead_letters.replay_order import ReplayOrder
    from storepulse.dead_letters.requeue import find_target

    parsed = None if patch is None else _read_patch(patch)
    with (
        open_session(kafka=not dry_run and to_destination is None) as (settings, connection),
        stop_on_signal() as stop,
    ):
        selection = resolve_selection(connection, selection, destination, named)
        target = None if to_destination is None else find_target(connection, to_destination)
        order = ReplayOrder(selection, user_and_host(), parsed, target, limit, rate)
        run = ReplayRun(settings, connection, order, current_time, stop)
        total = count_letters(connection, selection, current_time()).replayable
        with display.show_progress(min(total, limit or total), quiet=as_json) as progress:
            tally = run.rehearse(progress) if dry_run else run.run(progress)
        outcome = Counter[str]()
        if not dry_run:
            outcome = _await_outcome(connection, tally.sent, wait, stop)
        skipped = describe_skipped(connection, selection, tally.ids, limit)
    document = display.document_of_replay(
        tally, outcome, skipped, dry_run=dry_run, complete=not stop.is_set()
    )
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        display.show_replay(document)
    came_back = outcome["returned"] + outcome["quarantined"]
    sys.exit(1 if tally.refused or skipped or came_back or stop.is_set() else 0)


def _read_patch(text_or_path: str) -> Any:
    """A patch from its text or from a file. Raises Rejected."""
    from storepulse.dead_letters.patch import parse_patch
    from storepulse.domain.errors import Rejected

    if text_or_path.lstrip().startswith(("[", "{")):
        return parse_patch(text_or_path)
    try:
        return parse_patch(Path(text_or_path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("patch", f"is neither JSON nor a file: {error}") from None


def _await_outcome(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], wait: float, stop: threading.Event
) -> Counter[str]:
    """The outcomes of the sent letters, as far as they are known within the time."""
    from storepulse.dead_letters.outcomes import count_outcomes

    until = time.monotonic() + wait
    while True:
        counts = count_outcomes(connection, ids)
        if not counts["waiting"] or time.monotonic() >= until or stop.wait(POLL_SECONDS):
            return counts
