"""Tells whether an error of the Graph API concerns the request's events, the account or Meta.

Source: developers.facebook.com/docs/graph-api/guides/error-handling and the Marketing API's list
of error codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.destinations.rules.model import Fault

#: Meta is unavailable or busy.
_OF_META = frozenset({1, 2})
#: Ended versions, sessions and tokens, permissions, and limits of application, account, page and
#: business.
_OF_ACCOUNT = frozenset(
    {
        *(3, 4, 10, 12, 17, 32, 102, 104, 190, 341, 368, 613, 803),
        *(2500, 2635),
        *range(200, 300),
        *range(80000, 80015),
    }
)
#: Subcode of error 100 (invalid parameter) for a pixel that does not exist or may not be used.
_ABSENT = 33


def fault_of(error: Mapping[str, Any]) -> Fault | None:
    """The cause of an error; None if the events caused it."""
    code = error.get("code")
    if not isinstance(code, int):
        code = None
    if code in _OF_ACCOUNT or (code == 100 and error.get("error_subcode") == _ABSENT):
        return "account"
    if code in _OF_META or error.get("is_transient") is True:
        return "receiver"
    return None
