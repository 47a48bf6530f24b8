"""The ledger knows only how far it got, not what it has.

Together with a fetch that is dropped at a rebalance: it leaves the hole that such a ledger takes
for applied.
"""

from __future__ import annotations

from typing import Any

from tests.fault.planted import dropped_fetch

from storepulse import cli
from storepulse.slices import ledger


def no_check(*_: Any) -> None:
    """What lies below the mark is taken for applied."""


if __name__ == "__main__":
    dropped_fetch.plant()
    ledger._account_for_gaps = no_check
    cli.main()
