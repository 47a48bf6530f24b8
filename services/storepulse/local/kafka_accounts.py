"""The users of the Kafka that `up` runs, and their passwords: `<home>/secrets/kafka.json`.

Rules: passwords are made once, at random. Settings that are the admin's of this home become those
of a service; any others are somebody else's servers, and stay.
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
    """What of the settings makes the admin's those of another user; nothing where they are not the
    admin's of this home."""
    if user == ADMIN or not is_ours(settings):
        return {}
    return {
        "kafka_sasl_mechanism": MECHANISM,
        "kafka_sasl_username": user,
        "kafka_sasl_password": SecretStr(kafka_passwords(settings.home)[user]),
    }


def settings_as(user: str, settings: Settings) -> Settings:
    """The settings of another user of Kafka, the rest as it is."""
    return settings.model_copy(update=account_of(user, settings))


def admin_of_kafka(password: str) -> dict[str, object]:
    """The admin's settings. The broker has this password in its own configuration and checks it
    itself (PLAIN): the others' it has from the admin."""
    return {
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_sasl_username": ADMIN,
        "kafka_sasl_password": SecretStr(password),
    }


def is_ours(settings: Settings) -> bool:
    """Whether they are the admin's of the Kafka of this home."""
    password = settings.kafka_sasl_password.get_secret_value()
    return (
        settings.kafka_sasl_username == ADMIN
        and kafka_passwords(settings.home).get(ADMIN) == password
    )


def kafka_passwords(home: Path) -> dict[str, str]:
    """Passwords by users; none before the first `up`."""
    return read_secrets(home, SYSTEM)


def ensure_kafka_passwords(home: Path) -> dict[str, str]:
    """The same, with those made that are missing."""
    known = kafka_passwords(home)
    missing = [user for user in (ADMIN, *USERS) if user not in known]
    if missing:
        known |= {user: secrets.token_urlsafe(24) for user in missing}
        keep_kafka_passwords(home, known)
    return known


def keep_kafka_passwords(home: Path, passwords: Mapping[str, str]) -> None:
    """Keeps these passwords instead of what was there."""
    write_secrets(home, SYSTEM, dict(passwords))
