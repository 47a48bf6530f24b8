"""Which events a busy gateway refuses first: the less a stream matters, the earlier.

Each priority may fill a share of what the gateway lets wait; above its share, events of that
priority are refused and those of a higher one still pass.
"""

from __future__ import annotations

from fractions import Fraction

#: Share of the events that may wait, by the priority of a stream in the catalog of topics.
SHARES = {"low": Fraction(60, 100), "normal": Fraction(80, 100), "high": Fraction(1)}


def room_of(priority: str, max_in_flight: int) -> int:
    """How many events may wait when one of this priority is admitted, itself included.

    At least one: a tiny limit must not switch a stream off. Unknown priorities count as normal.
    """
    share = SHARES.get(priority, SHARES["normal"])
    return max(1, int(max_in_flight * share))
