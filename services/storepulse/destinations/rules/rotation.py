"""Rotation of secrets: which secrets of one name are valid.

The newest is first and has no end. Older secrets stay valid until an administrator ends them, or
until the end that was set when they were replaced. So a receiver's secret keeps working during a
rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storepulse.domain.errors import Rejected

#: Maximum of valid secrets of one name. All of them sign, and the header must not become too long.
MOST_VALID = 5
LONGEST_EXPIRY = timedelta(days=30)


class TooManySecrets(Rejected):
    """There are too many valid secrets. An administrator must end older ones first, because ending
    one automatically could break a receiver."""


@dataclass(frozen=True, slots=True)
class RotatingSecret:
    """A secret and its end, UTC. None: it is valid until an administrator ends it."""

    value: str
    ends_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.ends_at is None or self.ends_at > now


@dataclass(frozen=True, slots=True)
class AddedSecret:
    """A new secret. The older secrets of its name end after `expires_in`, if that is given."""

    name: str
    value: str
    expires_in: timedelta | None = None


def rotated(
    before: Sequence[RotatingSecret], added: AddedSecret, now: datetime
) -> list[RotatingSecret]:
    """The valid secrets with the added one as the newest.

    An older secret keeps its end if that is sooner. Raises TooManySecrets.
    """
    ends_at = None if added.expires_in is None else now + added.expires_in
    others = [
        RotatingSecret(old.value, _sooner(old.ends_at, ends_at))
        for old in before
        if old.value != added.value and old.is_valid(now)
    ]
    valid = [RotatingSecret(added.value), *(old for old in others if old.is_valid(now))]
    if len(valid) > MOST_VALID:
        raise TooManySecrets(
            f"secrets.{added.name}",
            f"has {MOST_VALID} valid ones already: end those before the newest",
        )
    return valid


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
