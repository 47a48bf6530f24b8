"""What a check found, in words for whoever looks after the shop's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: `fault`: events are lost. `warning`: works, but not as it should. `unknown`: not checked.
Level = Literal["ok", "warning", "fault", "unknown"]


@dataclass(frozen=True)
class Finding:
    """`code` is for programs, `text` says what there is, `cure` what to do; "" where nothing is."""

    level: Level
    code: str
    text: str
    cure: str = ""

    def as_dict(self, number: int) -> dict[str, Any]:
        """For JSON; `number`: its place in the list, from 1."""
        return {
            "number": number, "level": self.level, "code": self.code, "found": self.text,
            "do": self.cure,
        }  # fmt: skip


def ok(code: str, text: str) -> Finding:
    return Finding("ok", code, text)


def warning(code: str, text: str, cure: str) -> Finding:
    return Finding("warning", code, text, cure)


def fault(code: str, text: str, cure: str) -> Finding:
    return Finding("fault", code, text, cure)


def unknown(code: str, text: str, cure: str = "") -> Finding:
    return Finding("unknown", code, text, cure)
