"""Apache Kafka's own image, configured like the embedded broker, for runs where Docker answers.

Rules: the same `deploy/kafka/server.properties`, so that tests mean the same on both; a host
port chosen beforehand, since the broker must advertise the address that clients can reach.
"""

from __future__ import annotations

import secrets

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from storepulse.contracts.kafka_users import ADMIN, SUBSCRIBER
from storepulse.local import kafka_jars, ports
from storepulse.local.broker_access import access_lines

MESSAGE_MAX_BYTES = 1_114_112


class KafkaContainer(DockerContainer):
    """One node; `bootstrap_servers` once it has started."""

    def __init__(self) -> None:
        super().__init__(image=f"apache/kafka:{kafka_jars.version()}")
        port = ports.free_port()
        self.bootstrap_servers = f"{ports.LOOPBACK}:{port}"
        self.with_bind_ports(9092, port)
        self.admin_password = secrets.token_urlsafe(24)
        passwords = {ADMIN: self.admin_password, SUBSCRIBER: secrets.token_urlsafe(24)}
        access = dict(line.split("=", 1) for line in access_lines(passwords))
        for name, value in (properties() | access).items():
            self.with_env("KAFKA_" + name.upper().replace("-", "___").replace(".", "_"), value)
        self.with_env("KAFKA_LISTENERS", "BROKER://:9092,CONTROLLER://:9093")
        self.with_env("KAFKA_ADVERTISED_LISTENERS", f"BROKER://{self.bootstrap_servers}")
        self.with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        self.with_env("KAFKA_MESSAGE_MAX_BYTES", str(MESSAGE_MAX_BYTES))
        self.waiting_for(LogMessageWaitStrategy("Kafka Server started"))


def properties() -> dict[str, str]:
    """The lines of server.properties."""
    lines = (kafka_jars.FOLDER / "server.properties").read_text().splitlines()
    settings = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {setting[0]: setting[1] for setting in settings}
