"""Secrets at rest: sealed, rotated, and never shown."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured

SECRETS = {"signing": ["whsec_new", "whsec_old"], "access_token": ["geheim ü"]}


def keys(number: int) -> list[str]:
    return [Fernet.generate_key().decode() for _ in range(number)]


def test_what_was_sealed_is_opened_and_nothing_shows() -> None:
    box = SecretBox(keys(1))
    sealed = box.seal(SECRETS)
    assert box.open(sealed) == SECRETS
    assert b"whsec" not in sealed
    assert box.seal(SECRETS) != sealed


def test_keys_rotate() -> None:
    old, new = keys(2)
    sealed = SecretBox([old]).seal(SECRETS)
    assert SecretBox([new, old]).open(sealed) == SECRETS
    assert SecretBox([new]).open(SecretBox([new, old]).seal(SECRETS)) == SECRETS


def test_another_key_says_which_setting_is_wrong() -> None:
    first, second = keys(2)
    with pytest.raises(Misconfigured, match="STOREPULSE_SECRETS_KEY"):
        SecretBox([second]).open(SecretBox([first]).seal(SECRETS))


def test_a_changed_byte_is_noticed() -> None:
    box = SecretBox(keys(1))
    sealed = bytearray(box.seal(SECRETS))
    sealed[40] ^= 1
    with pytest.raises(Misconfigured):
        box.open(bytes(sealed))


@pytest.mark.parametrize("text", ["short", "ü" * 44, "!" * 44])
def test_a_malformed_key_is_named_but_not_shown(text: str) -> None:
    with pytest.raises(Misconfigured) as error:
        SecretBox.of(Settings(secrets_key=text))  # type: ignore[arg-type]
    assert "STOREPULSE_SECRETS_KEY" in str(error.value)
    assert text not in str(error.value)


def test_keys_of_the_settings(tmp_path: Path) -> None:
    new, old = keys(2)
    box = SecretBox.of(Settings(secrets_key=f"{new}, {old}", home=tmp_path))  # type: ignore[arg-type]
    assert box.open(SecretBox([old]).seal(SECRETS)) == SECRETS
    assert not (tmp_path / "secrets.key").exists()


def test_the_installations_key_is_made_once_by_whoever_is_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: SecretBox.of(settings), range(16)))
    sealed = boxes[0].seal(SECRETS)
    assert all(box.open(sealed) == SECRETS for box in boxes)
    key = settings.home / "secrets.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert list(settings.home.iterdir()) == [key]
