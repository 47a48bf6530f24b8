"""Every event counts as seen for the first time."""

from __future__ import annotations

from typing import Any

from storepulse import cli
from storepulse.agents.transaction import SliceTransaction

_claim = SliceTransaction._claim


def claim(self: Any, cursor: Any, keys: Any, crcs: Any) -> Any:
    fresh = _claim(self, cursor, keys, crcs)
    fresh[keys.firsts] = True
    return fresh


if __name__ == "__main__":
    SliceTransaction._claim = claim  # type: ignore[method-assign]
    cli.main()
