"""The users of the Kafka that `up` runs, and their passwords: `<home>/secrets/kafka.json`.

Passwords are random and created once. The settings of this home's admin are converted to those of a
service; other settings belong to external servers and are not changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from storepulse.adapters.kafka.rights import MECHANISM
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN, USERS
from storepulse.local.secret_files import read_secrets, write_secrets

SYSTEM = "kafka"


def account_of(user: str, settings: Settings) -> dict[str, object]:
    """The settings to change so that the admin's become those of `user`.

    Empty if they are not those of this home's admin.
    """
    if user == ADMIN or not is_ours(settings):
        return {}
    return {
        "kafka_sasl_mechanism": MECHANISM,
        "kafka_sasl_username": user,
        "kafka_sasl_password": SecretStr(kafka_passwords(settings.home)[user]),
    }


def settings_as(user: str, settings: Settings) -> Settings:
    """The settings for another Kafka user, otherwise unchanged."""
    return settings.model_copy(update=account_of(user, settings))


def admin_of_kafka(password: str) -> dict[str, object]:
    """The admin's settings.

    The broker has this password in its own configuration (PLAIN). The admin sets the other users'.
    """
    return {
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_sasl_username": ADMIN,
        "kafka_sasl_password": SecretStr(password),
    }


def is_ours(settings: Settings) -> bool:
    """Whether the settings are those of the admin of this home's Kafka."""
    password = settings.kafka_sasl_password.get_secret_value()
    return (
        settings.kafka_sasl_username == ADMIN
        and kafka_passwords(settings.home).get(ADMIN) == password
    )


def kafka_passwords(home: Path) -> dict[str, str]:
    """Passwords by user; empty before the first `up`."""
    return read_secrets(home, SYSTEM)


def ensure_kafka_passwords(home: Path) -> dict[str, str]:
    """Passwords by user, with missing ones created."""
    known = kafka_passwords(home)
    missing = [user for user in (ADMIN, *USERS) if user not in known]
    if missing:
        known |= {user: secrets.token_urlsafe(24) for user in missing}
        keep_kafka_passwords(home, known)
    return known


def keep_kafka_passwords(home: Path, passwords: Mapping[str, str]) -> None:
    """Replace the stored passwords."""
    write_secrets(home, SYSTEM, dict(passwords))
