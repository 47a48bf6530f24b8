"""`storepulse webhooks`: a receiver on this machine, and an event that goes all the way to one."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import click

from storepulse.adapters.settings import Settings
from storepulse.cli.database import connection
from storepulse.cli.gateway_key import key_for
from storepulse.cli.servers import settings_in_force
from storepulse.cli.tail import printable
from storepulse.domain.errors import Misconfigured, Rejected, Transient

if TYPE_CHECKING:
    from storepulse.demo.receiver import Message

POLL_SECONDS = 0.25


@click.group()
def command() -> None:
    """Try out webhooks: listen on this machine, or make one event go all the way.

    Example: storepulse webhooks listen --port 9999 --secret-env WEBHOOK_SECRET
    """


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9999, show_default=True)
@click.option("--secret", "secrets", multiple=True, help="Verify with this secret; again for each.")
@click.option("--secret-env", metavar="VARIABLE", help="Take the secret from the environment.")
@click.option(
    "--fail", type=click.IntRange(400, 599), metavar="STATUS", help="Answer this to each request."
)
@click.option(
    "--delay", type=click.FloatRange(0, 3600), default=0.0, help="Seconds to wait before answering."
)
@click.option("--count", type=click.IntRange(1), help="Stop after so many events.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an event, as it was sent.")
def listen(
    *,
    port: int,
    secrets: tuple[str, ...],
    secret_env: str | None,
    fail: int | None,
    delay: float,
    count: int | None,
    as_json: bool,
) -> None:
    """Receive webhooks on loopback: verify, remember event ids, print a line an event.

    Delivery reaches this machine while the gateway listens on loopback, or where
    STOREPULSE_DELIVERY_ADDRESSES=loopback. Runs until Ctrl-C.

    Example: storepulse webhooks listen --port 9999 --secret-env WEBHOOK_SECRET --fail 500
    """
    from storepulse.demo.receiver import Conduct, Receiver

    valid = [*secrets, *([_secret_of(secret_env)] if secret_env else [])]
    shown = _Shown(count, as_json=as_json)
    try:
        receiver = Receiver(port, Conduct(valid, fail or 0, delay), shown.message)
    except OSError as error:
        raise Misconfigured("--port", f"{port} cannot be listened on: {error.strerror}") from error
    with receiver:
        verified = "verifying signatures" if valid else "signatures are not verified: no --secret"
        click.echo(f"listening on {receiver.url}, {verified}", err=True)
        try:
            # A wait without an end would not notice Ctrl-C everywhere.
            while not shown.enough.wait(1.0):
                pass
        except KeyboardInterrupt:
            return


@command.command()
@click.argument("destination")
@click.option("--stream", help="Of this stream; unset: the first that the destination takes.")
@click.option("--type", "kind", help="Of this type.")
@click.option("--url", help="The gateway. Unset: the one on this machine.")
@click.option("--key", default="", help="Write key. Unset, for this machine: the home folder's.")
@click.option(
    "--wait", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trigger(
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

    The session is storepulse-trial; unless the destination is tied to a store, no shop's figures
    change.

    \b
    Exit codes: 0 it was delivered, 1 it was not (the last step says why), 2 wrong options,
    3 a service is out of reach.

    Example: storepulse webhooks trigger shop-crm
    """
    from storepulse.demo.trial_beacon import choose
    from storepulse.destinations.table import found

    settings, began = settings_in_force(), time.monotonic()
    with connection(settings) as opened:
        entry = found(opened, destination)
    target = entry.destination
    sent_as, of_type = choose(target.streams, target.types, stream, kind)
    event_id = str(uuid4())
    trail = _Trail(began, quiet=as_json)
    _send_beacon(settings, url, key, sent_as, of_type, target.store_id, event_id)
    trail.step(f"the gateway took {sent_as} {of_type} {event_id}")
    until = began + wait + target.batch_seconds
    last = _follow(settings, UUID(target.destination_id), UUID(event_id), until, trail)
    delivered = last is not None and last["status"] == "sent"
    if not delivered:
        trail.step(_why_not(entry.destination.status, entry.breaker, last))
    if as_json:
        result = {"destination": target.name, "event_id": event_id, "delivered": delivered,
                  "stream": sent_as, "type": of_type, "steps": trail.steps}  # fmt: skip
        click.echo(json.dumps(result, indent=2))
    sys.exit(0 if delivered else 1)


class _Shown:
    """Prints what the receiver tells, from whichever thread."""

    def __init__(self, count: int | None, *, as_json: bool) -> None:
        self._left = count
        self._as_json = as_json
        self._lock = threading.Lock()
        self.enough = threading.Event()

    def message(self, message: Message) -> None:
        """One request; a line an event, or one for a request without a readable one."""
        with self._lock:
            if not message.events:
                line = {"webhook_id": message.message_id, "status": message.status,
                        "fault": message.fault}  # fmt: skip
                text = f"{message.message_id or '(no webhook-id)'}  refused: {message.fault}"
                self._line(line, message.status, text)
                return
            for event, repeated in zip(message.events, message.repeated, strict=True):
                line = {"webhook_id": message.message_id, "status": message.status,
                        "signed": message.signed, "repeated": repeated, "event": event}  # fmt: skip
                word = "signed" if message.signed else "unverified"
                text = (
                    f"{message.message_id[:16]}  {word}  {event.get('stream')} {event.get('type')}"
                    f"  {event.get('event_id')}{'  repeated' if repeated else ''}"
                    f"{f'  {message.fault}' if message.fault else ''}"
                )
                self._line(line, message.status, text)
                if self._left is not None:
                    self._left -= 1
                    if self._left <= 0:
                        self.enough.set()

    def _line(self, document: dict[str, Any], status: int, text: str) -> None:
        if self._as_json:
            click.echo(json.dumps(document))
        else:
            click.echo(printable(f"{datetime.now(UTC):%H:%M:%S}  {status}  {text}"))


class _Trail:
    """The steps of a trial, printed as they happen."""

    def __init__(self, began: float, *, quiet: bool) -> None:
        self._began = began
        self._quiet = quiet
        self.steps: list[dict[str, Any]] = []

    def step(self, text: str) -> None:
        """Something happened just now."""
        seconds = round(time.monotonic() - self._began, 2)
        self.steps.append({"seconds": seconds, "step": text})
        if not self._quiet:
            click.echo(printable(f"{seconds:6.2f} s  {text}"))


def _secret_of(variable: str) -> str:
    if not os.environ.get(variable):
        raise Misconfigured(variable, "is not set, and --secret-env names it")
    return os.environ[variable]


def _send_beacon(
    settings: Settings,
    url: str | None,
    key: str,
    stream: str,
    kind: str,
    store_id: str | None,
    event_id: str,
) -> None:
    """Raises Transient where there is no gateway, Rejected where it refuses."""
    import httpx

    from storepulse.demo.trial_beacon import PATHS, USER_AGENT, make_beacon

    base = (url or f"http://127.0.0.1:{settings.gateway_port}").rstrip("/")
    key = key_for(settings, url, key)
    headers = {"user-agent": USER_AGENT} | ({"x-api-key": key} if key else {})
    body = make_beacon(stream, kind, store_id, event_id)
    try:
        answer = httpx.post(
            base + PATHS[stream], json=body, headers=headers, timeout=30, trust_env=False
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
    """Watches the event's delivery until it ends; its last state, None where it never came."""
    from storepulse.destinations.delivery_reads import page

    last: dict[str, Any] | None = None
    told: set[tuple[Any, ...]] = set()
    with connection(settings) as opened:
        opened.autocommit = True
        while time.monotonic() < until:
            rows = page(opened, 1, event_id=event_id, destination_id=destination_id)
            if rows:
                last = rows[0]
                state = (last["status"], last["attempts"])
                if state not in told:
                    told.add(state)
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
    if status != "active":
        return f"it waits: the destination is {status}"
    if breaker != "closed":
        return f"it waits: the circuit breaker is {breaker}"
    return "it is still pending; it is tried again by itself"
