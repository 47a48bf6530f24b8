"""The options by which a destination is declared on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from storepulse.domain.errors import Misconfigured

F = TypeVar("F", bound=Callable[..., Any])

secret_env = click.option(
    "--secret-env",
    multiple=True,
    metavar="[NAME=]VARIABLE",
    help="Take the secret NAME (signing) from this environment variable, so that it is not in"
    " the shell history. Repeatable.",
)
_OPTIONS = (
    click.option("--url", help="Address that a webhook posts to."),
    click.option(
        "--config",
        multiple=True,
        metavar="NAME=VALUE",
        help="A field that the kind requires. Repeatable.",
    ),
    secret_env,
    click.option("--store", help="Only this store: its id or domain. Empty: every store."),
    click.option("--stream", "streams", multiple=True, help="Only this stream. Repeatable."),
    click.option("--type", "types", multiple=True, help="Only this type of event. Repeatable."),
    click.option(
        "--consent", multiple=True, help="Only with consent to this purpose: analytics, marketing."
    ),
    click.option("--include-bots/--no-bots", default=None, help="Include events of robots."),
    click.option("--ordered/--unordered", default=None, help="Keep the order of events per key."),
    click.option("--batch-events", type=int, help="Most events in a request."),
    click.option("--batch-seconds", type=float, help="Longest wait for a full request."),
    click.option("--max-in-flight", type=int, help="Most requests at the same time."),
    click.option(
        "--rate", "rate_per_second", type=float, help="Most requests a second; 0: no limit."
    ),
    click.option("--retry", metavar="S,S,…", help="Seconds to wait after each failure."),
    click.option("--timeout", "timeout_seconds", type=float, help="Seconds to wait for an answer."),
)
_PLAIN = (
    "include_bots", "ordered", "batch_events", "batch_seconds", "max_in_flight", "timeout_seconds",
)  # fmt: skip


def declaration_options(function: F) -> F:
    """Gives a command the options of a declaration."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def changes(given: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields that the options set. Named parts of the configuration are merged into `config`.

    Raises UsageError, Rejected.
    """
    from storepulse.cli.tail import store_id

    result: dict[str, Any] = {name: given[name] for name in _PLAIN if given[name] is not None}
    for name in ("streams", "types", "consent"):
        if given[name]:
            result[name] = frozenset(value for value in given[name] if value)
    if given["store"] is not None:
        result["store_id"] = store_id(given["store"]) if given["store"] else None
    if given["rate_per_second"] is not None:
        result["rate_per_second"] = given["rate_per_second"] or None
    if given["retry"] is not None:
        result["retry_seconds"] = _numbers("--retry", given["retry"])
    parts = dict(_part("--config", text) for text in given["config"])
    if given["url"] is not None:
        parts["url"] = given["url"]
    if parts:
        whole = {**(config or {}), **{name: _value(text) for name, text in parts.items()}}
        result["config"] = {name: value for name, value in whole.items() if value != ""}
    return result


def secrets(variables: tuple[str, ...], environ: Mapping[str, str]) -> dict[str, list[str]]:
    """The secrets from environment variables. Raises Misconfigured if one is empty or unset."""
    result: dict[str, list[str]] = {}
    for text in variables:
        name, separator, variable = text.partition("=")
        if not separator:
            name, variable = "signing", text
        if not environ.get(variable):
            raise Misconfigured(variable, "is not set, and --secret-env names it")
        result[name] = [environ[variable]]
    return result


def _part(option: str, text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise click.UsageError(f"{option} must be NAME=VALUE, not {text!r}")
    return name, value


def _value(text: str) -> Any:
    """The value as JSON unless it is a number, else as text, because ids may consist of digits."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, int | float) and not isinstance(value, bool) else value


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise click.UsageError(
            f"{option} must be numbers separated by commas, not {text!r}"
        ) from None
