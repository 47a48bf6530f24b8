"""Exit of a process when continuing could lose or repeat an event."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from storepulse.adapters.logging import logger

log = logger()

EXIT_UNEXPECTED = 70


def leave(reason: str, **context: Any) -> NoReturn:
    """End the process at once, acknowledging nothing; the supervisor restarts it."""
    log.critical("leaving the process", reason=reason, **context)
    os._exit(EXIT_UNEXPECTED)
