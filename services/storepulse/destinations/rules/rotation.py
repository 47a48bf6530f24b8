"""Which secrets of one name are valid while they rotate.

The newest comes first and never ends by itself. Those before it stay valid until somebody ends
them, or until the time that was set when they were replaced. So whatever a receiver knows goes on
working, however often a secret is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storepulse.domain.errors import Rejected

#: Valid secrets of one name, each of which signs: their signatures stay far below a header's limit.
MOST_VALID = 5
LONGEST_EXPIRY = timedelta(days=30)


class TooManySecrets(Rejected):
    """A rotation is to be ended first; by itself it would take a secret from a receiver."""


@dataclass(frozen=True, slots=True)
class RotatingSecret:
    """A secret, and when it ends; None: when somebody ends it. UTC."""

    value: str
    ends_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.ends_at is None or self.ends_at > now


@dataclass(frozen=True, slots=True)
class AddedSecret:
    """A secret to put in front of the others of its name; these end after `expires_in`, if any."""

    name: str
    value: str
    expires_in: timedelta | None = None


def rotated(
    before: Sequence[RotatingSecret], added: AddedSecret, now: datetime
) -> list[RotatingSecret]:
    """The secrets with the added one as the newest.

    An end that was set before stays where it is sooner. Raises TooManySecrets.
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
