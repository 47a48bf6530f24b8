"""What identifies a person, and what only looks as if it did."""

from __future__ import annotations

#: What clients send in the place of an id that they do not know, in lower case. Whoever took them
#: for ids would make one customer of all strangers.
PLACEHOLDERS = frozenset(
    ("0", "-1", "null", "none", "nil", "nan", "undefined", "unknown", "anonymous", "guest", "user",
     "id", "true", "false", "n/a", "[object object]", "00000000-0000-0000-0000-000000000000")
)  # fmt: skip

#: Telegram's ids of people; groups and channels have negative ones.
TELEGRAM_PERSON = r"^[1-9][0-9]{0,18}$"

#: Stands before the session of a visitor who has no id, so that it is not taken for one.
OF_SESSION = "s:"
