"""A Segment message's person, time, session and consent.

Time: `timestamp` is by the sender's clock, whose error `sentAt` shows. If `originalTimestamp`
differs from it, the clock was corrected already, and `timestamp` is used as it is. A time without a
zone is UTC. Session: Segment has none, so a message that states none gets one that never ends;
sessions are split at 30 minutes of inactivity. A session never contains a user id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from storepulse.domain.emails import trimmed_email
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_session
from storepulse.gateway.segment.json_parts import JsonObject, id_at, object_at

#: `integrations.Storepulse` holds what Segment has no field for.
OURS = "Storepulse"

_TIME_CHARACTERS = 64
_HASH_DIGITS = 32

#: Substrings of consent categories' names, in lower case. The codes are OneTrust's.
_CATEGORIES = {
    "analytics": ("analytic", "performance", "statistic", "c0002"),
    "marketing": ("advertis", "marketing", "targeting", "ad_storage", "c0004"),
}
_CHOICES = {True: "granted", False: "denied", "granted": "granted", "denied": "denied"}


def moments_of(message: JsonObject, batch_sent_at: Any) -> dict[str, Any]:
    """A beacon's `timestamp` and `sent_at`, if they are stated. Raises Rejected."""
    corrected = _moment_at(message, "timestamp")
    original = _moment_at(message, "originalTimestamp")
    timestamp = original if corrected is None else corrected
    if timestamp is None:
        return {}
    stated: dict[str, Any] = {"timestamp": timestamp}
    if corrected is None or original is None or corrected == original:
        # A delayed message was sent with its batch, not when it was first tried.
        sent_at = _moment_of(batch_sent_at) or _moment_of(message.get("sentAt"))
        stated |= {} if sent_at is None else {"sent_at": sent_at}
    return stated


def _moment_at(message: JsonObject, name: str) -> int | float | datetime | None:
    value = message.get(name)
    if value is None or value == "":
        return None
    moment = _moment_of(value)
    if moment is None:
        raise Rejected(name, "is neither an ISO 8601 time nor an epoch number")
    return moment


def _moment_of(value: Any) -> int | float | datetime | None:
    """A value as a time; None if it is not one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > _TIME_CHARACTERS:
        return None
    if value.isascii() and value.isdigit():
        return int(value)
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def own_options(message: JsonObject) -> JsonObject:
    """The options for Storepulse in a message; `true` means no options. Raises Rejected."""
    options = object_at(message, "integrations").get(OURS)
    return options if isinstance(options, dict) else {}


def session_of(message: JsonObject, anonymous: str | None, user: str | None) -> str:
    """The stated session, else one derived from the message's ids. Raises Rejected."""
    stated = id_at(own_options(message), "session_id", f"integrations.{OURS}.")
    if stated is not None:
        return _as_session("s-", stated)
    context = object_at(message, "context")
    stated = id_at(context, "sessionId", "context.")
    if isinstance(context.get("sessionId"), int):
        # RudderStack's session id is the second of its start, which visitors may share.
        return f"r-{_digest(f'{stated}:{anonymous or user}')}"
    if stated is not None:
        return _as_session("s-", stated)
    if anonymous is not None:
        return _as_session("a-", anonymous)
    return f"u-{_digest(user or '')}"


def _as_session(prefix: str, text: str) -> str:
    return text if is_session(text) else prefix + _digest(text)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def email_of(*objects: JsonObject) -> str | None:
    """The first valid e-mail address."""
    for one in objects:
        value = one.get("email")
        if isinstance(value, str):
            try:
                address = trimmed_email("email", value)
            except Rejected:
                continue  # stays in the properties
            if address is not None:
                return address
    return None


def consent_of(context: JsonObject, integrations: JsonObject) -> dict[str, str] | None:
    """A beacon's consent; None if nothing is stated.

    If several categories match one kind, denied wins. `integrations.All: false` denies marketing,
    which keeps the event from all vendors.
    """
    said: dict[str, str] = {}
    for name, value in _preferences(context):
        choice = _CHOICES.get(value) if isinstance(value, bool | str) else None
        for kind, words in _CATEGORIES.items():
            if choice is not None and any(word in name.lower() for word in words):
                said[kind] = choice if said.get(kind) != "denied" else "denied"
    if integrations.get("All") is False:
        said["marketing"] = "denied"
    return said or None


def _preferences(context: JsonObject) -> Iterator[tuple[str, Any]]:
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if isinstance(preferences, dict):
        yield from preferences.items()
