"""Denied calls as errors that every service answers alike."""

from __future__ import annotations

from storepulse.access.rules.needs import CHALLENGE, Denied
from storepulse.adapters.http.errors import RequestRefused


def refusal_of(denied: Denied) -> RequestRefused:
    """What is raised for a call that may not be made; 401 says how to identify oneself."""
    headers = ((b"www-authenticate", CHALLENGE.encode()),) if denied.status == 401 else ()
    return RequestRefused(denied.status, denied.message, denied.code, headers=headers)


def keys_unavailable_refusal() -> RequestRefused:
    """What is raised while no key could be read: nobody can tell a good one from a bad one."""
    return RequestRefused.unavailable("API keys are not known yet", "KEYS_UNAVAILABLE")
