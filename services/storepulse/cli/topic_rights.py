"""Kafka users' permissions in the forms that administrators apply: commands or manifests."""

from __future__ import annotations

import json
from typing import Any

from storepulse.contracts.kafka_users import USERS, Right


def command_lines(rights: list[Right]) -> str:
    """A command line of Kafka's `kafka-acls` for each permission."""
    return "\n".join(map(_line, rights))


def strimzi_manifests(rights: list[Right]) -> str:
    """A KafkaUser of Strimzi for each user, as JSON for `kubectl apply -f -`."""
    users = [_kafka_user(user, [r for r in rights if r.user == user]) for user in USERS]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": users}, indent=2)


def _line(right: Right) -> str:
    resource = "--cluster" if right.resource == "cluster" else f"--{right.resource} '{right.name}'"
    pattern = " --resource-pattern-type prefixed" if right.is_prefix else ""
    return (
        f"kafka-acls --add --{_verdict(right)}-principal User:{right.user}"
        f" --operation {right.operation.capitalize()} {resource}{pattern}"
    )


def _kafka_user(user: str, rights: list[Right]) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": user},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": [_rule(right) for right in rights]},
        },
    }


def _rule(right: Right) -> dict[str, Any]:
    resource: dict[str, str] = {"type": right.resource}
    if right.resource != "cluster":
        pattern = "prefix" if right.is_prefix else "literal"
        resource |= {"name": right.name, "patternType": pattern}
    operations = [right.operation.capitalize()]
    return {"type": _verdict(right), "resource": resource, "operations": operations, "host": "*"}


def _verdict(right: Right) -> str:
    return "deny" if right.is_denied else "allow"
