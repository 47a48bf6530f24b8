"""Prints dead letters, with all text escaped for the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli.table import number_columns, show_fields, show_table, text_column
from storepulse.cli.tail import printable
from storepulse.domain.id_prefix import short_id_of

if TYPE_CHECKING:
    from storepulse.dead_letters.index import LetterGroup
    from storepulse.dead_letters.letter import Letter
    from storepulse.dead_letters.replay_order import Progress, ReplayTally

_SHOWN_REFUSALS = 10
_BYTES_A_LINE = 16
_PRINTABLE = range(32, 127)


def show_groups(groups: Sequence[LetterGroup]) -> None:
    """Prints a table of groups."""
    if not groups:
        click.echo("no dead letters")
        return
    show_table(
        [
            *number_columns("letters"), "stream", "stage", text_column("reason"), "first", "last",
            "newest",
        ],
        (
            (
                f"{group.letters:,}", group.stream, group.stage, _reason_of(group),
                f"{group.first_at:%m-%d %H:%M}", f"{group.last_at:%m-%d %H:%M}",
                short_id_of(group.newest_id),
            )
            for group in groups
        ),
    )  # fmt: skip


def _reason_of(group: LetterGroup) -> str:
    return group.reason + (f" ({group.quarantined} quarantined)" if group.quarantined else "")


def show_letters(letters: Iterable[Letter]) -> None:
    """Prints a table of single letters."""
    show_table(
        ["letter", "made", "status", "stream", "stage", text_column("reason")],
        (
            (
                short_id_of(letter.dead_letter_id), f"{letter.created_at:%m-%d %H:%M:%S}",
                letter.status, letter.stream, letter.stage,
                (f"{letter.field}: " if letter.field else "")
                + letter.reason + (f" ({letter.message})" if letter.message else ""),
            )
            for letter in letters
        ),
    )  # fmt: skip


def show_letter(document: dict[str, Any], letter: Letter, *, raw: bool) -> None:
    """Prints one letter, its event and its trail; with `raw` its bytes."""
    shown_below = ("event", "undecodable", "headers", "trail", "raw")
    show_fields(
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in document.items()
        if name not in shown_below and value not in (None, "")
    )
    for header in document["headers"]:
        value = header["text"] if header["text"] is not None else f"base64 {header['base64']}"
        show_fields([("header", f"{header['name']}: {value}")])
    if document["event"] is not None:
        click.echo("event")
        for line in json.dumps(document["event"], indent=2, ensure_ascii=False).splitlines():
            click.echo(printable(f"  {line}"))
    else:
        show_fields([("event", f"none: {document['undecodable']}")])
    if raw:
        for name, content in (("key", letter.key), ("value", letter.value)):
            click.echo(name if content is not None else f"{name:<16} null")
            for line in _lines_of(content or b""):
                click.echo(f"  {line}")
    click.echo("trail")
    click.echo(f"  {document['created_at']}  set aside")
    for action in document["trail"]:
        why = f": {action['why']}" if action["why"] else ""
        click.echo(printable(f"  {action['at']}  {action['action']} by {action['actor']}{why}"))


def _lines_of(content: bytes) -> Iterator[str]:
    """Bytes in hexadecimal, with the printable characters beside them."""
    for start in range(0, len(content), _BYTES_A_LINE):
        part = content[start : start + _BYTES_A_LINE]
        text = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in part)
        yield f"{start:06x}  {part.hex(' '):<{_BYTES_A_LINE * 3}} {text}"


def document_of_replay(
    tally: ReplayTally,
    outcome: Counter[str],
    skipped: dict[str, str],
    *,
    dry_run: bool,
    complete: bool,
) -> dict[str, Any]:
    """The result of a run as JSON."""
    return {
        "dry_run": dry_run,
        "complete": complete,
        "sent": len(tally.sent),
        "queued": len(tally.queued),
        "delivered_before": len(tally.delivered_before),
        "refused": {str(letter_id): reason for letter_id, reason in tally.refused.items()},
        "skipped": skipped,
        "outcome": dict(outcome),
    }


def show_replay(document: dict[str, Any]) -> None:
    """Prints the result in a few lines."""
    would = "would be " if document["dry_run"] else ""
    click.echo(f"{document['sent']} {would}sent to the agents")
    for name, count in document["outcome"].items():
        click.echo(f"  {count} {'are still being processed' if name == 'waiting' else name}")
    if document["queued"]:
        click.echo(f"{document['queued']} {would}queued for their destination")
    if document["delivered_before"]:
        click.echo(f"{document['delivered_before']} had arrived before")
    refused = {**document["refused"], **document["skipped"]}
    if refused:
        click.echo(f"{len(refused)} not replayed")
    for letter_id, reason in list(refused.items())[:_SHOWN_REFUSALS]:
        click.echo(printable(f"  {letter_id} {reason}"))
    if len(refused) > _SHOWN_REFUSALS:
        click.echo("  … --json lists all of them")
    if not document["complete"]:
        click.echo("interrupted; run it again to continue with what is left")


@contextmanager
def show_progress(total: int, *, quiet: bool) -> Iterator[Progress]:
    """A progress bar on standard error, if that is a terminal."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("letters"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("letters", total=total)
        yield lambda tally: bar.update(task, completed=tally.count)
