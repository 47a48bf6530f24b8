"""What went wrong in a client: told to the shop's own code, and logged once.

Rules: nothing here raises. A callback that fails is logged once, like anything else.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "misconfigured",
    "bad_arguments",
    "queue_full",
    "spool_full",
    "refused",
    "unreachable",
    "too_old",
    "not_sent",
    "spool",
    "failure",
]

LOGGER = logging.getLogger("storepulse.client")
#: Different lines that one client logs; what comes then is counted and told alone.
MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a shop's programmer may want to know.

    `kind` says what it is, `message` what happened. `events`: how many events were lost by it, 0
    where they are kept and sent again. `event_ids`: those whose ids are known, at most 100.
    `status`: what the gateway answered, where it did.
    """

    kind: Kind
    message: str
    events: int = 0
    event_ids: tuple[str, ...] = ()
    status: int | None = None


OnError = Callable[[Problem], object]


class ProblemTeller:
    """Tells problems to a callback, and logs each sort of them once."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self._logged: set[tuple[str, str]] = set()

    def tell(self, problem: Problem) -> None:
        """Calls back, and logs what was not logged yet."""
        self._log(problem.kind, f"{problem.kind}: {problem.message}")
        if self._on_error is None:
            return
        try:
            self._on_error(problem)
        except Exception as error:  # noqa: BLE001 - the shop's own code; ours goes on
            self._log("on_error", f"on_error raised {type(error).__name__}: {error}")

    def _log(self, kind: str, line: str) -> None:
        # Numbers differ from one line to the next of the same sort.
        sort = (kind, "".join(letter for letter in line if not letter.isdigit())[:200])
        if sort in self._logged or len(self._logged) >= MOST_LINES:
            return
        self._logged.add(sort)
        # A handler of the shop's may raise.
        with contextlib.suppress(Exception):
            LOGGER.warning("%s (logged once)", line)
