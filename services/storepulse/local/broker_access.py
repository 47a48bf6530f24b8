"""Lines of the embedded broker's configuration that say who may connect.

The admin's password stands here, so that no other credential is needed to begin with; so does the
node's, under which the broker talks to itself and which is another one at each start. Subscribers'
stands here too: clients with a librdkafka before 2.6.1 cannot prove a password to Kafka 4 by SCRAM.
All users but these are in the cluster's metadata alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from storepulse.contracts.kafka_users import ADMIN, SUBSCRIBER

_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required"
#: Not a user that anybody has a password of.
NODE = "node"


def access_lines(passwords: Mapping[str, str]) -> list[str]:
    """For `server.properties`: secrets, so the file is closed to others. `passwords` by users."""
    node_password = secrets.token_urlsafe(24)
    node = f'username="{NODE}" password="{node_password}" user_{NODE}="{node_password}"'
    granted = " ".join(f'user_{user}="{passwords[user]}"' for user in (ADMIN, SUBSCRIBER))
    return [
        f"super.users=User:{ADMIN};User:{NODE}",
        f"listener.name.controller.plain.sasl.jaas.config={_PLAIN} {node};",
        f"listener.name.broker.plain.sasl.jaas.config={_PLAIN} {node} {granted};",
        f"listener.name.broker.scram-sha-256.sasl.jaas.config={_SCRAM};",
    ]
