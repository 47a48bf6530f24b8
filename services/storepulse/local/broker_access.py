"""The lines of the embedded broker's configuration that define its logins.

The admin's password is here, so that no other credential is needed to begin with. So is the node's,
with which the broker connects to itself and which changes at each start. So is the subscribers',
because clients with librdkafka before 2.6.1 cannot authenticate to Kafka 4 by SCRAM. All other
users are only in the cluster's metadata.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from storepulse.contracts.kafka_users import ADMIN, SUBSCRIBER

_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required"
#: Not a real user: its password is not stored.
NODE = "node"


def access_lines(passwords: Mapping[str, str]) -> list[str]:
    """Lines for `server.properties`, with secrets, so the file must be closed to other accounts.

    `passwords` are by user.
    """
    node_password = secrets.token_urlsafe(24)
    node = f'username="{NODE}" password="{node_password}" user_{NODE}="{node_password}"'
    granted = " ".join(f'user_{user}="{passwords[user]}"' for user in (ADMIN, SUBSCRIBER))
    return [
        f"super.users=User:{ADMIN};User:{NODE}",
        f"listener.name.controller.plain.sasl.jaas.config={_PLAIN} {node};",
        f"listener.name.broker.plain.sasl.jaas.config={_PLAIN} {node} {granted};",
        f"listener.name.broker.scram-sha-256.sasl.jaas.config={_SCRAM};",
    ]
