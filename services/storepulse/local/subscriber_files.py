"""Client configurations for other teams' consumers of the Kafka that `up` runs.

Their user may read `events.*` with any consumer group, and nothing else. Owns
`<home>/subscriber.properties` for Java clients, and `<home>/subscriber.conf` for librdkafka, with
separate user and password; mode 600. Neither client can read the other's file.
"""

from __future__ import annotations

from pathlib import Path

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import SUBSCRIBER
from storepulse.local.closed_files import write_closed
from storepulse.local.kafka_accounts import is_ours, settings_as

PROPERTIES = "subscriber.properties"
CONF = "subscriber.conf"

_LOGIN_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"


def write(settings: Settings) -> None:
    """Write both files, or remove them if Kafka is external, because they would name another
    server."""
    if not is_ours(settings):
        for name in (PROPERTIES, CONF):
            (settings.home / name).unlink(missing_ok=True)
        return
    config = connection_config(settings_as(SUBSCRIBER, settings))
    # Old clients, such as kcat in Debian 12, fail with SCRAM (see broker_access.py).
    write_closed(settings.home / CONF, _lines(config | {"sasl.mechanism": "PLAIN"}))
    user, password = config.pop("sasl.username"), config.pop("sasl.password")
    config["sasl.jaas.config"] = (
        f'{_LOGIN_MODULE} required username="{user}" password="{password}";'
    )
    write_closed(settings.home / PROPERTIES, _lines(config))


def path_of(home: Path) -> Path | None:
    """The file for Java clients, or None if `up` has not written it."""
    path = home / PROPERTIES
    return path if path.exists() else None


def _lines(config: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in config.items())
