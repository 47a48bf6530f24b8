"""`storepulse webhooks trigger`: sends one event through the whole pipeline to a destination."""

from __future__ import annotations

import sys
import time
from typing import Any
from uuid import UUID, uuid4

import click

from storepulse.adapters.settings import Settings
from storepulse.cli import json_output
from storepulse.cli.database import connection
from storepulse.cli.gateway_key import key_for
from storepulse.cli.servers import settings_in_force
from storepulse.cli.tail import printable
from storepulse.domain.errors import Rejected, Transient

POLL_SECONDS = 0.25


@click.command("trigger")
@click.argument("destination")
@click.option("--stream", help="The stream. Default: the first that the destination takes.")
@click.option("--type", "kind", help="The type of the event.")
@click.option("--url", help="The gateway. Default: the one on this machine.")
@click.option("--key", default="", help="Write key. Default on this machine: the home folder's.")
@click.option(
    "--wait",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    help="Most seconds to wait.",
)
@json_output.as_json
def command(
    destination: str,
    *,
    stream: str | None,
    kind: str | None,
    url: str | None,
    key: str,
    wait: float,
    as_json: bool,
) -> None:
    """Send one beacon to the gateway and follow its event to the destination.

    The session is storepulse-trial. A shop's figures change only if the destination is tied to a
    store.

    \b
    Exit codes: 0 it was delivered, 1 it was not (the last step says why), 2 wrong options,
    3 a service cannot be reached.

    Example: storepulse webhooks trigger shop-crm
    """
    from storepulse.demo.trial_beacon import choose
    from storepulse.destinations.table.reads import find_destination

    settings, began = settings_in_force(), time.monotonic()
    with connection(settings) as opened:
        entry = find_destination(opened, destination)
    target = entry.destination
    sent_as, of_type = choose(target.streams, target.types, stream, kind)
    event_id = str(uuid4())
    trail = _Trail(began, quiet=as_json)
    _send_beacon(settings, url, key, sent_as, of_type, target.store_id, event_id)
    trail.step(f"the gateway took {of_type} {event_id}")
    until = began + wait + target.batch_seconds
    last = _follow(settings, UUID(target.destination_id), UUID(event_id), until, trail)
    delivered = last is not None and last["status"] == "sent"
    if not delivered:
        trail.step(_why_not(entry.destination.status, entry.breaker, last))
    if as_json:
        result = {"destination": target.name, "event_id": event_id, "delivered": delivered,
                  "stream": sent_as, "type": of_type, "steps": trail.steps}  # fmt: skip
        json_output.print_json(result)
    sys.exit(0 if delivered else 1)


class _Trail:
    """The steps of a trial, printed as they happen."""

    def __init__(self, began: float, *, quiet: bool) -> None:
        self._began = began
        self._quiet = quiet
        self.steps: list[dict[str, Any]] = []

    def step(self, text: str) -> None:
        """Print a step that has just happened."""
        seconds = round(time.monotonic() - self._began, 2)
        self.steps.append({"seconds": seconds, "step": text})
        if not self._quiet:
            click.echo(printable(f"{seconds:6.2f} s  {text}"))


def _send_beacon(
    settings: Settings,
    url: str | None,
    key: str,
    stream: str,
    kind: str,
    store_id: str | None,
    event_id: str,
) -> None:
    """Raises Transient without a gateway, Rejected if it refuses the beacon."""
    import httpx

    from storepulse.demo.trial_beacon import USER_AGENT, make_beacon
    from storepulse.streams.registry import STREAMS

    base = (url or f"http://127.0.0.1:{settings.gateway_port}").rstrip("/")
    key = key_for(settings, url, key)
    headers = {"user-agent": USER_AGENT} | ({"x-api-key": key} if key else {})
    body = make_beacon(stream, kind, store_id, event_id)
    try:
        answer = httpx.post(
            base + STREAMS[stream].path, json=body, headers=headers, timeout=30, trust_env=False
        )
    except httpx.HTTPError as error:
        raise Transient(
            f"no gateway at {base}: {error}; start the stack with `storepulse up`"
        ) from error
    if answer.status_code >= 500:
        raise Transient(f"the gateway answered {answer.status_code}: {answer.text[:300]}")
    if answer.status_code >= 300:
        raise Rejected("beacon", f"the gateway answered {answer.status_code}: {answer.text[:300]}")


def _follow(
    settings: Settings, destination_id: UUID, event_id: UUID, until: float, trail: _Trail
) -> dict[str, Any] | None:
    """Follow the event's delivery until it ends. Returns its last state, None if there is none."""
    from storepulse.destinations.delivery_reads import read_page

    last: dict[str, Any] | None = None
    printed: set[tuple[Any, ...]] = set()
    with connection(settings) as opened:
        opened.autocommit = True
        while time.monotonic() < until:
            rows = read_page(opened, 1, event_id=event_id, destination_id=destination_id)
            if rows:
                last = rows[0]
                state = (last["status"], last["attempts"])
                if state not in printed:
                    printed.add(state)
                    trail.step(_state(last))
                if last["status"] != "pending":
                    return last
            time.sleep(POLL_SECONDS)
    return last


def _state(row: dict[str, Any]) -> str:
    status = f", status {row['last_status']}" if row["last_status"] else ""
    if row["status"] == "sent":
        return f"delivered at attempt {row['attempts']}{status}"
    if row["status"] == "failed":
        return f"failed at attempt {row['attempts']}: {row['last_error']}"
    if row["status"] == "skipped":
        return f"skipped: {row['last_error']}"
    if row["attempts"]:
        return f"attempt {row['attempts']} did not arrive: {row['last_error']}"
    return "queued for the destination"


def _why_not(status: str, breaker: str, last: dict[str, Any] | None) -> str:
    if last is None:
        return (
            "no delivery was queued in time: do agents and delivery run, do the filters match?"
            " `storepulse status` shows"
        )
    if last["status"] == "failed":
        return "it became a dead letter: storepulse dlq ls --stage delivery"
    if last["status"] == "skipped":
        return f"it was left out: {last['last_error']}"
    if status != "active":
        return f"it waits: the destination is {status}"
    if breaker != "closed":
        return f"it waits: the circuit breaker is {breaker}"
    return "it is still pending and will be retried"
