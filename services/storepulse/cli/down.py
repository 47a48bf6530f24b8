"""`storepulse down`: stops what `up` started, and waits for it."""

from __future__ import annotations

import json
import os
import signal
import sys

import click

from storepulse.adapters.settings import load

#: Services, agents and servers each have their own, shorter limits.
WAIT_SECONDS = 150.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Stop the stack that runs in STOREPULSE_HOME, and wait until it has stopped.

    Exit code 0 if it has stopped or was not running, 1 if it does not stop.

    Example: storepulse down
    """
    from storepulse.local import home_lock, orphans

    home = load(os.environ).home
    running = home_lock.find_running(home)
    process = running.identity.find() if running else None
    stopped: list[str] = []
    if process is not None:
        process.send_signal(signal.SIGTERM)
        stopped.append(f"up (pid {process.pid})")
        if not home_lock.wait_until_free(home, WAIT_SECONDS):
            click.echo(f"still running after {WAIT_SECONDS:.0f} s (pid {process.pid})", err=True)
            sys.exit(1)
    stopped += orphans.end_all(home)
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    else:
        click.echo("stopped " + ", ".join(stopped) if stopped else f"nothing runs in {home}")
