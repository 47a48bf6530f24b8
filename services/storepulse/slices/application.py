"""The Faust application, with one agent per consumer.

The reason for each setting is in docs/decisions/ or beside it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import faust

from storepulse.adapters.metrics import Process
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import group_of
from storepulse.slices.driver import fetching
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.driver.membership import leave_when_slot_is_taken
from storepulse.slices.driver.slice_consumer import HaltedPartitions, ReadPositions
from storepulse.slices.pipeline import Pipeline

A_DAY = 86_400.0
MAX_POLL_RECORDS = 100_000_000


@dataclass(frozen=True)
class Member:
    """A process as a member of its consumer group, with the address of its health endpoint.

    `process` is the command that runs it; the group is named after it. `slot` numbers the
    processes of a group, for static membership. `gather_seconds`: see `driver.fetching`.
    """

    process: Process
    slot: int
    host: str
    port: int
    slice_records: int
    session_timeout_seconds: float
    gather_seconds: float = 0.0

    def group_name(self, settings: Settings) -> str:
        """The name of the consumer group."""
        return group_of(settings.topic_prefix, self.process)

    def session_name(self, consumer: str) -> str:
        """The name of a consumer's connections, as PostgreSQL lists them."""
        return f"storepulse-{self.process}-{consumer}-{self.slot}"


def make_application(
    settings: Settings,
    member: Member,
    pipelines: Mapping[str, Pipeline[Any]],
    read_positions: ReadPositions,
    halts: HaltedPartitions,
) -> SliceApp:
    """Return an application with an agent for each pipeline; `pipelines` is keyed by topic."""
    leave_when_slot_is_taken()
    fetching.configure(member.slice_records, member.gather_seconds)
    group = member.group_name(settings)
    session = member.session_timeout_seconds
    app = SliceApp(
        group,
        read_positions=read_positions,
        halts=halts,
        broker=[f"aiokafka://{b}" for b in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=_credentials(settings),
        broker_client_id=f"{group}-{member.slot}",
        consumer_group_instance_id=f"{group}-{member.slot}",
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_rebalance_timeout=session,
        # Faust would leave the group after minutes without traffic; our own watchdog is stricter.
        broker_max_poll_interval=A_DAY,
        # Of all partitions together; `fetching.configure` limits a slice.
        broker_max_poll_records=MAX_POLL_RECORDS,
        broker_commit_interval=0.5,
        consumer_max_fetch_size=8 * 1024 * 1024,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=5_000,
        stream_wait_empty=False,
        stream_buffer_maxsize=4,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        datadir=str(settings.home / member.process),
    )
    for name, pipeline in pipelines.items():
        topic = app.topic(name, key_serializer="raw", value_serializer="raw", internal=False)
        app.agent(topic, name=pipeline.name, concurrency=1)(_make_agent(pipeline))
    return app


def _make_agent(pipeline: Pipeline[Any]) -> Any:
    async def agent(stream: Any) -> None:
        await pipeline.run(stream)

    return agent


def _credentials(settings: Settings) -> Any:
    """Return SASL, TLS, both or neither, matching `connection_config` of the other clients."""
    protocol = settings.kafka_security_protocol
    context = None
    if protocol in ("SSL", "SASL_SSL"):
        context = ssl.create_default_context(cafile=settings.kafka_ssl_ca_location or None)
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            mechanism=settings.kafka_sasl_mechanism or None,
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            ssl_context=context,
        )
    return None if context is None else faust.SSLCredentials(context)
