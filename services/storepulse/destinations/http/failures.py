"""The error of requests that got no answer."""

from __future__ import annotations

from typing import Literal

from storepulse.destinations.rules.quoting import quote
from storepulse.domain.errors import Transient

Step = Literal["address", "dns", "connect", "tls", "timeout", "protocol"]


class RequestFailed(Transient):
    """No answer came. `kind` is the step that failed, `reason` a text for the administrator."""

    def __init__(self, kind: Step, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


def in_words(error: Exception) -> str:
    """An error's message on one line of at most 300 characters."""
    return quote(str(error) or type(error).__name__, 300)
