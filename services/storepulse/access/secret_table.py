"""Secrets of stores in memory, in plain text, for the process that checks signatures.

`table_reader` keeps the table up to date. Secrets never appear in logs, errors or the `repr` of an
object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """A secret of a store; `value` is "" if it cannot be opened or is no longer valid."""

    secret_id: str
    store_id: str
    kind: str
    value: str = field(repr=False)
    added_at: datetime
    retired_at: datetime | None


class SecretTable:
    """Looks secrets up by store and kind. `is_loaded` is False until they have been read once."""

    def __init__(self) -> None:
        self._of_store: dict[tuple[str, str], tuple[KnownSecret, ...]] = {}
        #: Secrets that will end, by id.
        self._ending: dict[str, KnownSecret] = {}
        self.is_loaded = False

    def of(self, store_id: str, kind: str) -> tuple[str, ...]:
        """The valid secrets, newest first."""
        return tuple(secret.value for secret in self._of_store.get((store_id, kind), ()))

    def load(self, secrets: Iterable[KnownSecret]) -> None:
        """Replace the whole table at once."""
        table = SecretTable()
        table.update(secrets)
        self._of_store, self._ending = table._of_store, table._ending
        self.is_loaded = True

    def update(self, secrets: Iterable[KnownSecret]) -> None:
        """Add new secrets and replace changed ones."""
        for secret in secrets:
            self._ending.pop(secret.secret_id, None)
            self._drop(secret)
            if not secret.value:
                continue
            if secret.retired_at is not None:
                self._ending[secret.secret_id] = secret
            place = secret.store_id, secret.kind
            found = [secret, *self._of_store.get(place, ())]
            found.sort(key=lambda known: (known.added_at, known.secret_id), reverse=True)
            self._of_store[place] = tuple(found)

    def end_retired(self, now: datetime) -> None:
        """Drop the secrets whose time is over."""
        for secret in list(self._ending.values()):
            if secret.retired_at is not None and secret.retired_at <= now:
                del self._ending[secret.secret_id]
                self._drop(secret)

    def _drop(self, secret: KnownSecret) -> None:
        place = secret.store_id, secret.kind
        known = self._of_store.get(place, ())
        others = tuple(other for other in known if other.secret_id != secret.secret_id)
        if others:
            self._of_store[place] = others
        else:
            self._of_store.pop(place, None)
