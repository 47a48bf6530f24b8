"""`storepulse up`: Kafka, PostgreSQL and all services on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click

from storepulse.adapters.settings import Settings, load
from storepulse.domain.errors import Transient

DETACH_SECONDS = 180.0


@click.command()
@click.option("--detach", is_flag=True, help="Run in the background; return when ready.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the summary as JSON, without the services' lines.",
)
@click.option(
    "--unattended", is_flag=True, hidden=True, help="Do not print the summary, which holds the key."
)
def command(*, detach: bool, as_json: bool, unattended: bool) -> None:
    """Start Kafka, PostgreSQL and all services; Ctrl-C stops them.

    To use servers of your own, set KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL.

    \b
    Exit codes: 0 stopped as asked (--detach: ready), 1 runs already or a port is taken,
    2 wrong settings or something is missing, 3 something did not start.

    Example: storepulse up --detach && storepulse status
    """
    from storepulse.local.servers import make_home

    settings = load(os.environ)
    # For all files created afterwards, also by the services and servers.
    os.umask(0o077)
    if make_home(settings.home):
        report_step(f"closed {settings.home} to the other accounts of this machine")
    if detach:
        run_detached(settings, as_json=as_json)
    else:
        run_here(settings, as_json=as_json, unattended=unattended)


def run_here(settings: Settings, *, as_json: bool, unattended: bool) -> None:
    """Run as the supervisor until a signal."""
    from rich.console import Console

    from storepulse.adapters.clock import system_clock
    from storepulse.local import summary
    from storepulse.local.sign_in_link import fresh_link
    from storepulse.local.supervisor import Supervisor

    began = time.monotonic()

    def when_ready(running: Settings, key: str) -> None:
        report_step(f"ready in {time.monotonic() - began:.1f} s")
        if unattended:
            return
        result = summary.summarise(
            running, key, fresh_link(running, system_clock()), detached=False
        )
        if as_json:
            click.echo(summary.as_json(result))
        else:
            summary.show(result, Console())

    shown_settings = settings
    if settings.log_format == "auto" and sys.stderr.isatty() and not as_json:
        shown_settings = settings.model_copy(update={"log_format": "console"})
    Supervisor(shown_settings, os.environ, report_step, quiet=as_json or unattended).run(when_ready)
    report_step("stopped")


def run_detached(settings: Settings, *, as_json: bool) -> None:
    """Start a supervisor in a new session, and return once it is ready."""
    from rich.console import Console

    from storepulse.access.keys import ensure_admin_key
    from storepulse.adapters.clock import system_clock
    from storepulse.local import home_lock, summary
    from storepulse.local.servers import connected
    from storepulse.local.sign_in_link import fresh_link

    with home_lock.hold(settings.home):
        log = settings.home.resolve() / "logs" / "up.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        home_lock.forget(settings.home)
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "storepulse", "up", "--unattended"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + DETACH_SECONDS
    while True:
        description = home_lock.read(settings.home)
        if description is not None and description.state == "ready":
            break
        if child.poll() is not None:
            click.echo(f"{last_line(log)} (all of it: {log})", err=True)
            sys.exit(child.returncode or 1)
        if time.monotonic() > deadline:
            child.terminate()
            raise Transient(f"not ready after {DETACH_SECONDS:.0f} s; see {log}")
        time.sleep(0.1)

    running = connected(settings)
    key = ensure_admin_key(running)
    result = summary.summarise(running, key, fresh_link(running, system_clock()), detached=True)
    if as_json:
        click.echo(summary.as_json(result))
    else:
        summary.show(result, Console())


def report_step(step: str) -> None:
    """Print a step of the supervisor on standard error; standard output is for the summary."""
    try:
        click.echo(click.style("up: ", dim=True) + step, err=True)
    except OSError:  # the terminal is closed; go on stopping cleanly
        return


def last_line(path: Path) -> str:
    """The last line that a program wrote."""
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the supervisor ended without a message"
