"""Encryption of stored secrets at rest, with the key of the installation: those of destinations and
of stores.

Secrets are JSON, encrypted and authenticated (Fernet). Several keys rotate: the first one seals,
each of them opens.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets as randomness
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured

_SETTING = "STOREPULSE_SECRETS_KEY"
Secrets = Mapping[str, Sequence[str]]


class SecretBox:
    """Seals and opens secrets. Keys are 32 bytes in URL-safe base64, the newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key.encode() for key in keys)
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            # The key itself must not reach a log.
            reason = "must be 32 bytes in URL-safe base64, several comma-separated"
            raise Misconfigured(_SETTING, reason) from error

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """With the keys of the settings, else that of the installation's folder."""
        text = settings.secrets_key.get_secret_value()
        keys = [key.strip() for key in text.split(",") if key.strip()]
        return cls(keys or [_kept_key(settings.home / "secrets.key")])

    def signing_keys(self, purpose: bytes) -> list[bytes]:
        """Keys for signatures of one purpose, the newest first: the first one signs, each of them
        verifies. A signature of one purpose is none of another."""
        return [hmac.digest(key, purpose, "sha256") for key in self._keys]

    def seal(self, secrets: Secrets) -> bytes:
        """The secrets, encrypted with the newest key."""
        text = json.dumps({name: list(values) for name, values in secrets.items()})
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> dict[str, list[str]]:
        """What was sealed. Raises Misconfigured where no key of the installation opens it."""
        try:
            secrets: dict[str, list[str]] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            reason = "cannot decrypt the stored secrets: they were encrypted with another key"
            raise Misconfigured(_SETTING, reason) from None
        return secrets


def _kept_key(path: Path) -> str:
    """The key in the file, made when there is none.

    Several processes may look for it at once: a complete file is linked into place, and the first
    one stays.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{randomness.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(Fernet.generate_key().decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # Another process was first: its key is read below.
        finally:
            draft.unlink()
    return path.read_text().strip()
