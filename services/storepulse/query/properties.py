"""Filters on the metadata of custom events: `property.<key>=<value>`.

A request scans the events of one name only, at most `MOST_SEARCHED` of them: the answer says how
far it got, and its cursor continues from there. So an answer's time does not grow with a store's
events, and agents maintain no index that is rarely used.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

PREFIX = "property."
KEY_CHARACTERS = 255
VALUE_CHARACTERS = 1_000
#: Most properties of one request.
MOST = 5
#: Most events scanned for one answer.
MOST_SEARCHED = 20_000

#: The OpenAPI description of these parameters.
DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "name": f"{PREFIX}plan",
            "in": "query",
            "required": False,
            "description": "Custom events of `name` whose metadata has this value, as text, under "
            f"the key `plan`; `{PREFIX}` before any key. At most {MOST} keys",
            "schema": {"type": "string", "maxLength": VALUE_CHARACTERS},
            "example": "pro",
        }
    ]
}


class PropertyFilter(BaseModel):
    """Parameters that begin with `property.`; other unknown parameters are refused."""

    model_config = ConfigDict(extra="allow")

    @property
    def properties(self) -> dict[str, str]:
        """The requested values, by key."""
        return {name.removeprefix(PREFIX): text for name, text in (self.model_extra or {}).items()}

    @model_validator(mode="after")
    def _check_properties(self) -> PropertyFilter:
        for name, text in (self.model_extra or {}).items():
            reason = _fault_of(name, text)
            if reason:
                raise PydanticCustomError("range", "{why}", {"field": name, "why": reason})
        if len(self.model_extra or {}) > MOST:
            raise PydanticCustomError(
                "range", "has more than {most} keys", {"field": "property", "most": MOST}
            )
        return self


def parameters_of(wanted: dict[str, str]) -> dict[str, Any]:
    """Parameters of the statement that scans events for these values."""
    return {
        "keys": list(wanted),
        "values": list(wanted.values()),
        "most_searched": MOST_SEARCHED,
    }


def _fault_of(name: str, text: object) -> str:
    """Why a parameter is not valid; empty if it is."""
    if not name.startswith(PREFIX):
        return "is not a parameter of this path"
    if not 0 < len(name) - len(PREFIX) <= KEY_CHARACTERS:
        return f"must be a key of 1 to {KEY_CHARACTERS} characters"
    if not isinstance(text, str) or len(text) > VALUE_CHARACTERS:
        return f"is longer than {VALUE_CHARACTERS} characters"
    if "\0" in name or "\0" in text:
        return "holds a NUL character"
    return ""
