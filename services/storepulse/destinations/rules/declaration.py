"""Checks of a destination's declaration that apply to every kind.

The bounds are those of the table `destinations`. Each kind checks its own `config` and `secrets`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from storepulse.destinations.rules.model import Destination
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_uuid
from storepulse.streams.registry import STREAMS

NAME_TEXT = r"[a-z0-9][a-z0-9_-]{0,62}"
CONSENT = ("analytics", "marketing")
STATUSES = ("active", "paused", "disabled")
MOST_RETRIES = 30
LONGEST_WAIT_SECONDS = 7 * 86_400.0
MOST_IN_FLIGHT = 256
LONGEST_BATCH_SECONDS = 300.0
LONGEST_TIMEOUT_SECONDS = 15.0
MOST_PER_SECOND = 100_000.0
NESTING = 8
CONFIG_CHARACTERS = 16_384

_is_name = re.compile(NAME_TEXT).fullmatch


def check(destination: Destination) -> None:
    """Raises Rejected with the field that is wrong.

    In some streams shops define their own types. If the destination names such a stream, any type
    is accepted.
    """
    _check_name(destination.name)
    if destination.status not in STATUSES:
        raise Rejected("status", f"must be one of {', '.join(STATUSES)}")
    if destination.store_id is not None and is_uuid(destination.store_id) is None:
        raise Rejected("store_id", "is not a UUID")
    _check_known("streams", destination.streams, STREAMS)
    if not any(STREAMS[name].types.own_column for name in destination.streams):
        streams = destination.streams or STREAMS
        known = {name for stream in streams for name in STREAMS[stream].types.all_names}
        _check_known("types", destination.types, known)
    for name in destination.types:
        _check_text("types", name)
    _check_known("consent", destination.consent, CONSENT)
    _check_range("batch_events", destination.batch_events, 1, 500)
    _check_range("batch_seconds", destination.batch_seconds, 0, LONGEST_BATCH_SECONDS)
    _check_range("max_in_flight", destination.max_in_flight, 1, MOST_IN_FLIGHT)
    _check_range("timeout_seconds", destination.timeout_seconds, 0.1, LONGEST_TIMEOUT_SECONDS)
    if destination.rate_per_second is not None:
        _check_range("rate_per_second", destination.rate_per_second, 0.001, MOST_PER_SECOND)
    if len(destination.retry_seconds) > MOST_RETRIES:
        raise Rejected("retry_seconds", f"must have at most {MOST_RETRIES} waits")
    for wait in destination.retry_seconds:
        _check_range("retry_seconds", wait, 0.1, LONGEST_WAIT_SECONDS)
    _check_json("config", destination.config, 1)
    if len(repr(destination.config)) > CONFIG_CHARACTERS:
        raise Rejected("config", f"is longer than {CONFIG_CHARACTERS} characters")
    for name, secrets in destination.secrets.items():
        _check_text("secrets", name)
        for secret in secrets:
            _check_text(f"secrets.{name}", secret)


def check_vendor_streams(kind: str, named: Collection[str], known: Collection[str]) -> None:
    """Raises Rejected if a vendor's destination names no streams, or one that is not `known`."""
    choice = ", ".join(sorted(known))
    if not named:
        raise Rejected("streams", f"{kind} gets only streams that are named; name some of {choice}")
    for name in sorted(named):
        if name not in known:
            raise Rejected("streams", f"{kind} has no use for {name!r}; name some of {choice}")


def _check_name(name: str) -> None:
    if _is_name(name) is None:
        raise Rejected("name", "must be 1 to 63 small letters, digits, _ or -, no sign in front")
    if is_uuid(name) is not None:
        raise Rejected("name", "is a UUID, which would pass for an id")


def _check_known(field: str, names: Iterable[str], known_names: Iterable[str]) -> None:
    choice = sorted(known_names)
    for name in sorted(names):
        if name not in choice:
            raise Rejected(field, f"{name!r} is unknown; known are {', '.join(choice)}")


def _check_range(field: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise Rejected(field, f"must be {least:g} to {most:g}")


def _check_text(field: str, text: str) -> None:
    if not 0 < len(text) <= 4096:
        raise Rejected(field, "must have 1 to 4096 characters")
    # PostgreSQL stores neither NUL nor unpaired surrogates.
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Rejected(field, "holds a NUL character or half of a surrogate pair")


def _check_json(path: str, value: Any, depth: int) -> None:
    """Raises Rejected for values that PostgreSQL cannot store as JSON."""
    if depth > NESTING:
        raise Rejected(path, f"is nested deeper than {NESTING}")
    if isinstance(value, str) and value:
        _check_text(path, value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Rejected(path, "is not a number")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_text(path, name)
            _check_json(f"{path}.{name}", item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(path, item, depth + 1)
