"""`storepulse webhooks`: a receiver on this machine. `trigger` is in `webhook_trigger`."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from storepulse.cli import webhook_trigger
from storepulse.cli.tail import printable
from storepulse.domain.errors import Misconfigured

if TYPE_CHECKING:
    from storepulse.demo.receiver import Message


@click.group()
def command() -> None:
    """Try out webhooks: listen on this machine, or send one event all the way.

    Example: storepulse webhooks listen --port 9999 --secret-env WEBHOOK_SECRET
    """


command.add_command(webhook_trigger.command)


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9999, show_default=True)
@click.option("--secret", "secrets", multiple=True, help="Verify with this secret. Repeatable.")
@click.option(
    "--secret-env", metavar="VARIABLE", help="Take the secret from this environment variable."
)
@click.option(
    "--fail",
    type=click.IntRange(400, 599),
    metavar="STATUS",
    help="Answer each request with this status.",
)
@click.option(
    "--delay", type=click.FloatRange(0, 3600), default=0.0, help="Seconds to wait before answering."
)
@click.option("--count", type=click.IntRange(1), help="Stop after this many events.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print each event as one JSON object, as it was sent."
)
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
    """Receive webhooks on loopback: verify, remember event ids, print one line per event.

    Delivery reaches this machine if all services listen on loopback, or with
    STOREPULSE_DELIVERY_ADDRESSES=loopback. Runs until Ctrl-C.

    Example: storepulse webhooks listen --port 9999 --secret-env WEBHOOK_SECRET --fail 500
    """
    from storepulse.demo.receiver import Conduct, Receiver

    valid = [*secrets, *([_secret_of(secret_env)] if secret_env else [])]
    shown = _Shown(count, as_json=as_json)
    try:
        receiver = Receiver(port, Conduct(valid, fail or 0, delay), shown.message)
    except OSError as error:
        raise Misconfigured("--port", f"cannot listen on {port}: {error.strerror}") from error
    with receiver:
        verified = "verifying signatures" if valid else "signatures are not verified: no --secret"
        click.echo(f"listening on {receiver.url}, {verified}", err=True)
        try:
            # A wait without a time-out does not notice Ctrl-C on every platform.
            while not shown.enough.wait(1.0):
                pass
        except KeyboardInterrupt:
            return


@command.command()
@click.argument("kind", metavar="[TYPE]", required=False)
def schema(kind: str | None) -> None:
    """Print the JSON Schema of what receivers get: of all types, or of one.

    Exit code 2 for an unknown type.

    Example: storepulse webhooks schema landing.purchase
    """
    from storepulse.destinations.rules.webhook_schemas import schema_of_bodies

    document = schema_of_bodies()
    if kind is not None:
        if kind not in document["$defs"]:
            known = ", ".join(sorted(document["$defs"]))
            raise click.UsageError(f"there is no type {kind!r}; there are {known}")
        document = {**document, "title": kind, "oneOf": [{"$ref": f"#/$defs/{kind}"}]}
    click.echo(json.dumps(document, indent=2))


class _Shown:
    """Prints the receiver's messages, from any thread."""

    def __init__(self, count: int | None, *, as_json: bool) -> None:
        self._remaining = count
        self._as_json = as_json
        self._lock = threading.Lock()
        self.enough = threading.Event()

    def message(self, message: Message) -> None:
        """Prints one line per event, or one for a request without readable events."""
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
                if self._remaining is not None:
                    self._remaining -= 1
                    if self._remaining <= 0:
                        self.enough.set()

    def _line(self, document: dict[str, Any], status: int, text: str) -> None:
        if self._as_json:
            click.echo(json.dumps(document))
        else:
            click.echo(printable(f"{datetime.now(UTC):%H:%M:%S}  {status}  {text}"))


def _secret_of(variable: str) -> str:
    if not os.environ.get(variable):
        raise Misconfigured(variable, "is not set, and --secret-env names it")
    return os.environ[variable]
