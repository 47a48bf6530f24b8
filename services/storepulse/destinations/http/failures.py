"""Why no answer came: one error for whatever may go wrong on the way."""

from __future__ import annotations

from typing import Literal

from storepulse.destinations.rules.quoting import quote
from storepulse.domain.errors import Transient

Step = Literal["address", "dns", "connect", "tls", "timeout", "protocol"]


class RequestFailed(Transient):
    """No answer came. `kind` says at which step, `reason` why, in words for the administrator."""

    def __init__(self, kind: Step, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


def in_words(error: Exception) -> str:
    """What an error says, cut to a line."""
    return quote(str(error) or type(error).__name__, 300)
