"""Files with which other teams' consumers connect to the Kafka that `up` runs: a user that reads
`events.*`, with any consumer group, and may do nothing else.

Owns: `<home>/subscriber.properties`, as Java's clients take it, and `<home>/subscriber.conf`, as
librdkafka's do, with user and password apart; mode 600. Neither can read the other's.
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
    """Writes both, or takes them away where Kafka is not ours: they would name another one."""
    if not is_ours(settings):
        for name in (PROPERTIES, CONF):
            (settings.home / name).unlink(missing_ok=True)
        return
    config = connection_config(settings_as(SUBSCRIBER, settings))
    # Old clients, such as kcat in Debian 12, fail at SCRAM (see broker_access.py).
    write_closed(settings.home / CONF, _lines(config | {"sasl.mechanism": "PLAIN"}))
    user, password = config.pop("sasl.username"), config.pop("sasl.password")
    config["sasl.jaas.config"] = (
        f'{_LOGIN_MODULE} required username="{user}" password="{password}";'
    )
    write_closed(settings.home / PROPERTIES, _lines(config))


def path_of(home: Path) -> Path | None:
    """The file for Java's clients, where `up` has written it."""
    path = home / PROPERTIES
    return path if path.exists() else None


def _lines(config: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in config.items())
