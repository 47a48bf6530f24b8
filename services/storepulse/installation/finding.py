"""The findings of a check, in words for the maintainer of the shop's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: `fault`: events are lost. `warning`: it works, but not as it should. `unknown`: not checked.
Level = Literal["ok", "warning", "fault", "unknown"]


@dataclass(frozen=True)
class SiteFinding:
    """A finding. `code` is for programs, `text` describes it, `cure` is what to do; "" if
    nothing."""

    level: Level
    code: str
    text: str
    cure: str = ""

    def as_dict(self, number: int) -> dict[str, Any]:
        """The finding for JSON; `number` is its position in the list, from 1."""
        return {
            "number": number, "level": self.level, "code": self.code, "found": self.text,
            "do": self.cure,
        }  # fmt: skip


def ok(code: str, text: str) -> SiteFinding:
    return SiteFinding("ok", code, text)


def warning(code: str, text: str, cure: str) -> SiteFinding:
    return SiteFinding("warning", code, text, cure)


def fault(code: str, text: str, cure: str) -> SiteFinding:
    return SiteFinding("fault", code, text, cure)


def unchecked_part(code: str, text: str, cure: str = "") -> SiteFinding:
    return SiteFinding("unknown", code, text, cure)
