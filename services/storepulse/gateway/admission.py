"""The first step of every request: its head is read, it is counted, and its key is checked."""

from __future__ import annotations

from typing import NamedTuple

from storepulse.access.key_table import KeyTable
from storepulse.adapters.settings import Settings
from storepulse.gateway.call_reader import CallReader
from storepulse.gateway.key_checks import KeyChecks
from storepulse.gateway.rate_limits import RateLimits


class Admission(NamedTuple):
    """The parts of admission, which share state."""

    reader: CallReader
    limits: RateLimits
    checks: KeyChecks


def admission_of(settings: Settings, keys: KeyTable) -> Admission:
    """The admission of a gateway with these settings."""
    reader, limits = CallReader(settings, keys), RateLimits(settings)
    return Admission(reader, limits, KeyChecks(settings, keys, reader, limits))
