"""Which events a busy gateway refuses first: those of streams with a low priority.

Each priority may fill a share of the events that may wait. Above its share its events are refused,
while those of a higher priority still pass.
"""

from __future__ import annotations

from fractions import Fraction

#: The share of the waiting events, by a stream's priority in the topic catalog.
SHARES = {"low": Fraction(60, 100), "normal": Fraction(80, 100), "high": Fraction(1)}


def room_of(priority: str, max_in_flight: int) -> int:
    """How many events may wait when one of this priority is admitted, itself included.

    At least one, so that a tiny limit does not switch a stream off. Unknown priorities count as
    normal.
    """
    share = SHARES.get(priority, SHARES["normal"])
    return max(1, int(max_in_flight * share))
