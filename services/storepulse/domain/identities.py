"""Identifiers of persons, and placeholders that only look like them."""

from __future__ import annotations

#: Placeholders that clients send instead of an unknown id, in lower case. Taken as ids, they would
#: merge all strangers into one customer.
PLACEHOLDERS = frozenset(
    ("0", "-1", "null", "none", "nil", "nan", "undefined", "unknown", "anonymous", "guest", "user",
     "id", "true", "false", "n/a", "[object object]", "00000000-0000-0000-0000-000000000000")
)  # fmt: skip

#: Telegram's ids of people; groups and channels have negative ones.
TELEGRAM_PERSON = r"^[1-9][0-9]{0,18}$"

#: Prefix of the session of a visitor without an id, so that it is not taken for one.
OF_SESSION = "s:"
