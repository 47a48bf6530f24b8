"""Set Kafka users' passwords and rights on the broker."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its names for them
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from storepulse.adapters.kafka.clients import make_admin_client
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ANY, Right, rights_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient

TIMEOUT_SECONDS = 15.0
#: The mechanism of password checks, and the minimum rounds that Kafka accepts: generated passwords
#: have 192 random bits, which more rounds would not make safer.
MECHANISM = "SCRAM-SHA-256"
ROUNDS = 4096

_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "cluster": ResourceType.BROKER,
}
_OPERATIONS = {
    "read": AclOperation.READ,
    "write": AclOperation.WRITE,
    "describe": AclOperation.DESCRIBE,
    "all": AclOperation.ALL,
}


def set_passwords(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Set the users' passwords; `settings` are the admin's. Raises Transient."""
    client = make_admin_client(settings)  # held until the futures are done: without it they fail
    futures = client.alter_user_scram_credentials(
        [
            UserScramCredentialUpsertion(
                user,
                ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, ROUNDS),
                password.encode(),
            )
            for user, password in passwords.items()
        ],
        request_timeout=TIMEOUT_SECONDS,
    )
    for user, future in futures.items():
        try:
            future.result()
        except KafkaException as error:
            raise Transient(f"Kafka: user {user}: {error}") from error


def apply(settings: Settings) -> int | None:
    """Give the users their rights on the catalog's topics; return the number of rights.

    None if the cluster has no authorizer, and therefore allows everything. Safe to repeat; topics
    need not exist yet. Raises Transient.
    """
    rights = rights_of(load_catalog(settings.topic_prefix))
    client = make_admin_client(settings)
    for future in client.create_acls(
        [_binding(right) for right in rights], request_timeout=TIMEOUT_SECONDS
    ).values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.SECURITY_DISABLED:
                return None
            raise Transient(f"Kafka: rights: {error}") from error
    return len(rights)


def remove(settings: Settings) -> None:
    """Revoke all rights on the catalog's topics and groups, of all users."""
    rights = rights_of(load_catalog(settings.topic_prefix))
    named = {(r.resource, r.name, r.is_prefix) for r in rights if _is_of(r, settings.topic_prefix)}
    client = make_admin_client(settings)
    for future in client.delete_acls(
        [_filter(*names) for names in sorted(named)], request_timeout=TIMEOUT_SECONDS
    ).values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.SECURITY_DISABLED:
                raise Transient(f"Kafka: rights: {error}") from error


def _is_of(right: Right, prefix: str) -> bool:
    """Whether a right is for names with this prefix, not for the whole cluster."""
    return right.name != ANY and right.resource != "cluster" and right.name.startswith(prefix)


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        _RESOURCES[right.resource],
        right.name,
        _pattern(is_prefix=right.is_prefix),
        f"User:{right.user}",
        "*",
        _OPERATIONS[right.operation],
        AclPermissionType.DENY if right.is_denied else AclPermissionType.ALLOW,
    )


def _filter(resource: str, name: str, is_prefix: bool) -> AclBindingFilter:
    return AclBindingFilter(
        _RESOURCES[resource],
        name,
        _pattern(is_prefix=is_prefix),
        None,  # type: ignore[arg-type] # anybody
        None,  # type: ignore[arg-type] # from anywhere
        AclOperation.ANY,
        AclPermissionType.ANY,
    )


def _pattern(*, is_prefix: bool) -> ResourcePatternType:
    return ResourcePatternType.PREFIXED if is_prefix else ResourcePatternType.LITERAL
