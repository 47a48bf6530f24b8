"""Code that the commands of `storepulse dlq` share: connection, signals, user and time."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from storepulse.adapters.clock import clock_of
from storepulse.dead_letters.index import Selection, describe_states

if TYPE_CHECKING:
    from storepulse.adapters.settings import Settings


@contextmanager
def open_session(*, kafka: bool = False) -> Iterator[tuple[Settings, psycopg.Connection[Any]]]:
    """The settings and a connection in autocommit mode. `kafka`: Kafka must be available too."""
    from storepulse.adapters import failpoints
    from storepulse.cli.database import connection
    from storepulse.cli.servers import settings_in_force
    from storepulse.domain.errors import Misconfigured

    failpoints.arm(os.environ)
    settings = settings_in_force(kafka=kafka)
    try:
        with connection(settings) as session:
            session.autocommit = True
            yield settings, session
    except psycopg.errors.UndefinedTable as error:
        raise Misconfigured("DATABASE_URL", f"{error}; run `storepulse migrate up`") from error


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that the current group is finished first. A second
    signal ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def describe_skipped(
    connection: psycopg.Connection[Any],
    selection: Selection,
    passed: set[UUID],
    limit: int | None,
) -> dict[str, str]:
    """Why letters that were named by id were skipped: all of them except those in `passed`."""
    skipped = [letter_id for letter_id in selection.ids or () if letter_id not in passed]
    if not skipped or (limit is not None and len(passed) >= limit):
        return {}
    states = describe_states(connection, skipped)
    return {str(letter_id): state for letter_id, state in zip(skipped, states, strict=True)}


def user_and_host() -> str:
    """The user and host, for the trail."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def current_time() -> datetime:
    """The time by the clock of the environment."""
    return clock_of(os.environ)()
