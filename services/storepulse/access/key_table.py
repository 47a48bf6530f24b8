"""API keys in memory, for processes that must answer without a query to PostgreSQL.

`table_reader` keeps the table up to date. Keys are looked up by their SHA-256, so the time of a
comparison reveals nothing about the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.refusals import keys_unavailable_refusal, refusal_of
from storepulse.access.rules.needs import Need, denial_of, denial_without_key


class KeyTable:
    """Looks keys up; `is_loaded` is False until they have been read once."""

    def __init__(self) -> None:
        self._by_hash: dict[bytes, ApiKey] = {}
        #: Keys that will expire.
        self._ending: dict[bytes, datetime] = {}
        self.is_loaded = False

    def find(self, key: str) -> ApiKey | None:
        """The key, revoked or not; None if it does not exist."""
        return self._by_hash.get(hash_of(key))

    def check(self, need: Need, sent_key: str | None) -> None:
        """Return if the key may use a route. `sent_key`: None if none was sent.

        Raises RequestRefused 401 or 403, or 503 while keys have not been read.
        """
        if sent_key is None:
            raise refusal_of(denial_without_key(need))
        key = self.find(sent_key)
        if key is None and not self.is_loaded:
            raise keys_unavailable_refusal()
        denied = denial_of(need, key)
        if denied is not None:
            raise refusal_of(denied)

    def load(self, keys: Iterable[ApiKey]) -> None:
        """Replace the whole table at once."""
        by_hash = {bytes(key.key_hash): key for key in keys}
        self._ending = {
            found: key.expires_at for found, key in by_hash.items() if key.expires_at is not None
        }
        self._by_hash = by_hash
        self.is_loaded = True

    def update(self, keys: Iterable[ApiKey]) -> None:
        """Add new keys and replace changed ones."""
        for key in keys:
            key_hash = bytes(key.key_hash)
            self._ending.pop(key_hash, None)
            if key.expires_at is not None:
                self._ending[key_hash] = key.expires_at
            self._by_hash[key_hash] = key

    def end_expired(self, now: datetime) -> None:
        """Mark expired keys as revoked, in memory."""
        for key_hash in [found for found, end in self._ending.items() if end <= now]:
            del self._ending[key_hash]
            self._by_hash[key_hash] = replace(self._by_hash[key_hash], revoked=True)
