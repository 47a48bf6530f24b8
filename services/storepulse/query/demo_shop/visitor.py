"""The shop's visitor, from the tracker's cookies. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_is_id = re.compile(r"[A-Za-z0-9_-]{8,128}").fullmatch
#: Chats are numbered by 64-bit integers, like Telegram's; ours use a smaller range.
_CHAT_BITS = 48


@dataclass(frozen=True, slots=True)
class ShopVisitor:
    """A visit with consent to measurement. Nothing is reported about others."""

    session_id: str
    visitor_id: str

    @property
    def chat(self) -> int:
        """The id of the visitor's chat with the bot."""
        digest = hashlib.sha256(self.visitor_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") >> (64 - _CHAT_BITS)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of each event of the visit."""
        return {
            "session_id": self.session_id,
            "visitor_id": self.visitor_id,
            "consent": {"analytics": "granted", "marketing": "granted"},
        }


def visitor_of(cookies: Mapping[str, str]) -> ShopVisitor | None:
    """The visitor with these cookies; None without consent to measurement."""
    session, visitor = cookies.get("sp_session", ""), cookies.get("sp_visitor", "")
    is_allowed = cookies.get("sp_consent", "").startswith("g")
    if is_allowed and _is_id(session) and _is_id(visitor):
        return ShopVisitor(session, visitor)
    return None
