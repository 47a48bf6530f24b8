"""The accounts with which services and the command line access the servers.

A service's identity is its name; OPERATOR is the command line's; OWNER is for migrations and
topics, and is Kafka's admin. A process gets only its own account. If this installation created no
account for an identity, the settings are unchanged.
"""

from __future__ import annotations

from pydantic import SecretStr

from storepulse.adapters.postgres import roles
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN
from storepulse.local import database_passwords, ports
from storepulse.local.database_passwords import EMBEDDED, RolePasswords
from storepulse.local.kafka_accounts import account_of

SERVICES = ("gateway", "agents", "delivery", "query")
OPERATOR = "operator"
OWNER = "owner"
DATABASE = "storepulse"


def settings_of(identity: str, settings: Settings) -> Settings:
    """The settings for a service (by its name), OPERATOR or OWNER."""
    update = account_of(ADMIN if identity == OWNER else identity, settings)
    if url := _database_url_of(identity, settings):
        update["database_url"] = SecretStr(url)
    return settings.model_copy(update=update)


def embedded_url(kept: RolePasswords, role: str, port: int, database: str = DATABASE) -> str:
    """The connection string of the embedded server for one of its roles."""
    return kept.url_for(role, f"postgresql://{ports.LOOPBACK}:{port}/{database}")


def _database_url_of(identity: str, settings: Settings) -> str | None:
    """The URL for an identity; None keeps the URL of the settings."""
    if "database_url" in settings.model_fields_set:
        kept = database_passwords.passwords_behind(settings.home, settings.dsn)
        return kept.url_for(_role_of(identity, kept), settings.dsn) if kept else None
    kept = database_passwords.passwords_for(settings.home, EMBEDDED)
    if kept is None:
        return None
    return embedded_url(kept, _role_of(identity, kept), settings.postgres_port)


def _role_of(identity: str, kept: RolePasswords) -> str:
    return kept.owner if identity == OWNER else roles.ROLES[identity]
