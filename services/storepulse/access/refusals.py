"""Denied calls as errors, the same in every service."""

from __future__ import annotations

from storepulse.access.rules.needs import CHALLENGE, Denied
from storepulse.adapters.http.errors import RequestRefused


def refusal_of(denied: Denied) -> RequestRefused:
    """The error for a denied call; a 401 says how to authenticate."""
    headers = ((b"www-authenticate", CHALLENGE.encode()),) if denied.status == 401 else ()
    return RequestRefused(denied.status, denied.message, denied.code, headers=headers)


def keys_unavailable_refusal() -> RequestRefused:
    """The error while no keys have been read, because valid keys cannot be told from invalid
    ones."""
    return RequestRefused.unavailable("API keys are not known yet", "KEYS_UNAVAILABLE")
