"""Who a process is to the servers that `up` runs: every service has a user and a password.

Owns: `<home>/secrets/` (mode 700) with `kafka.json` (mode 600): passwords by users.
Rules: passwords are made once, at random. Settings that are the admin's of this home become those
of a service; any others are somebody else's servers, and stay.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from storepulse.adapters.kafka.rights import MECHANISM
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN, USERS


def settings_of(service: str, settings: Settings) -> Settings:
    """The settings with which a service, or a command as `operator` or `admin`, runs."""
    return settings.model_copy(update=_kafka_identity(service, settings))


def is_ours(settings: Settings) -> bool:
    """Whether they are the admin's of the Kafka of this home."""
    password = settings.kafka_sasl_password.get_secret_value()
    return (
        settings.kafka_sasl_username == ADMIN
        and kafka_passwords(settings.home).get(ADMIN) == password
    )


def kafka_passwords(home: Path) -> dict[str, str]:
    """Passwords of Kafka's users; none before the first `up`."""
    try:
        passwords: dict[str, str] = json.loads(_kafka_file(home).read_text())
    except FileNotFoundError:
        return {}
    return passwords


def ensure_kafka_passwords(home: Path) -> dict[str, str]:
    """The same, with those made that are missing."""
    known = kafka_passwords(home)
    missing = [user for user in (ADMIN, *USERS) if user not in known]
    if missing:
        known |= {user: secrets.token_urlsafe(24) for user in missing}
        keep_kafka_passwords(home, known)
    return known


def keep_kafka_passwords(home: Path, passwords: Mapping[str, str]) -> None:
    """Writes the file of passwords, whole or not at all."""
    write_closed(_kafka_file(home), json.dumps(passwords, indent=2) + "\n")


def write_closed(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, in a folder that only its owner may enter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    write_file(path, text)


def write_file(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    aside.replace(path)


def admin_of_kafka(password: str) -> dict[str, object]:
    """The admin's settings. The broker has this password in its own configuration and checks it
    itself (PLAIN): the others' it has from the admin."""
    return {
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_sasl_username": ADMIN,
        "kafka_sasl_password": SecretStr(password),
    }


def _kafka_identity(service: str, settings: Settings) -> dict[str, object]:
    if service == ADMIN or not is_ours(settings):
        return {}
    passwords = kafka_passwords(settings.home)
    return {
        "kafka_sasl_mechanism": MECHANISM,
        "kafka_sasl_username": service,
        "kafka_sasl_password": SecretStr(passwords[service]),
    }


def _kafka_file(home: Path) -> Path:
    return home / "secrets" / "kafka.json"
