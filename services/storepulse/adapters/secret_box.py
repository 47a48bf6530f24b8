"""Encrypt the stored secrets of destinations and stores with the key of the installation.

Secrets are JSON, encrypted and authenticated (Fernet). Keys can be rotated: the first key encrypts,
all keys decrypt.
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
    """Encrypts and decrypts secrets. Keys are 32 bytes in URL-safe base64, newest first."""

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
        """A box with the keys of the settings, else that of the installation's folder."""
        text = settings.secrets_key.get_secret_value()
        keys = [key.strip() for key in text.split(",") if key.strip()]
        return cls(keys or [_kept_key(settings.home / "secrets.key")])

    def signing_keys(self, purpose: bytes) -> list[bytes]:
        """Keys for signatures of one purpose, newest first: the first signs, all verify.

        A signature for one purpose is not valid for another.
        """
        return [hmac.digest(key, purpose, "sha256") for key in self._keys]

    def seal(self, secrets: Secrets) -> bytes:
        """Encrypt the secrets with the newest key."""
        text = json.dumps({name: list(values) for name, values in secrets.items()})
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> dict[str, list[str]]:
        """Decrypt sealed secrets. Raises Misconfigured if no key of the installation fits."""
        try:
            secrets: dict[str, list[str]] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            reason = "cannot decrypt the stored secrets: they were encrypted with another key"
            raise Misconfigured(_SETTING, reason) from None
        return secrets


def _kept_key(path: Path) -> str:
    """The key in the file, which is created if it does not exist.

    For concurrent processes, a complete file is linked into place, and the first one stays.
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
