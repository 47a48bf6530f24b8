"""The product's errors. The type of an error says what to do next.

StorepulseError
├── Rejected        the input is wrong: tell the sender, or set the record aside as a dead letter
├── Transient       a temporary fault: wait and retry unchanged
└── Misconfigured   our configuration is wrong: stop, and name the setting
"""

from __future__ import annotations

#: The reason for a missing field.
REQUIRED = "Field is required"


def reason_of_type(said: str) -> str:
    """msgspec's words for a wrong type, such as "Expected `int | null`, got `str`", as a reason."""
    said = said.replace("Expected", "must be").replace(", got ", ", not ")
    return said.replace("`", "").replace(" | null", "")


class StorepulseError(Exception):
    """Base of every error that Storepulse raises on purpose."""


class Rejected(StorepulseError):
    """An input that can never be accepted as it is.

    `field` is the path of the offending field ("" when the document as a whole is wrong),
    `reason` one sentence for the sender.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class Transient(StorepulseError):
    """A temporary fault: the same work may be retried unchanged."""


class Misconfigured(StorepulseError):
    """A setting or a deployment is wrong; `setting` names it."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason
