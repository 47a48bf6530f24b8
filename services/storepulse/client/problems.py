"""Report a client's problems to the shop's code, and log each once.

Nothing here raises. A failing callback is logged once, like any problem.
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
#: The maximum number of different lines that a client logs; later ones are only counted and
#: reported.
MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a shop's programmer may want to know.

    `kind` is its category, `message` the description. `events`: how many events it lost, 0 if they
    are kept and sent again. `event_ids`: the known ids of these events, at most 100. `status`: the
    gateway's answer, if there was one.
    """

    kind: Kind
    message: str
    events: int = 0
    event_ids: tuple[str, ...] = ()
    status: int | None = None


OnError = Callable[[Problem], object]


class ProblemTeller:
    """Reports problems to a callback, and logs each kind of them once."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self._logged: set[tuple[str, str]] = set()

    def tell(self, problem: Problem) -> None:
        """Call the callback, and log the problem if it is new."""
        self._log(problem.kind, f"{problem.kind}: {problem.message}")
        if self._on_error is None:
            return
        try:
            self._on_error(problem)
        except Exception as error:  # noqa: BLE001 - the shop's own code; ours goes on
            self._log("on_error", f"on_error raised {type(error).__name__}: {error}")

    def _log(self, kind: str, line: str) -> None:
        # Lines of the same kind differ in numbers only.
        sort = (kind, "".join(letter for letter in line if not letter.isdigit())[:200])
        if sort in self._logged or len(self._logged) >= MOST_LINES:
            return
        self._logged.add(sort)
        # The shop's logging handler may raise.
        with contextlib.suppress(Exception):
            LOGGER.warning("%s (logged once)", line)
