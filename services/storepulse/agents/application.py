"""The Faust application: one agent a stream, on slices. Each setting here has a reason in
docs/decisions/ or beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import faust

from storepulse.adapters.faust_slices import Positions, SliceApp
from storepulse.adapters.settings import Settings
from storepulse.agents.pipeline import Pipeline
from storepulse.contracts.topics import Catalog

GROUP = "storepulse-agents"
A_DAY = 86_400.0


def group_name(settings: Settings) -> str:
    """The consumer group of the agents."""
    return settings.topic_prefix + GROUP


def application(
    settings: Settings, catalog: Catalog, pipelines: Mapping[str, Pipeline], positions: Positions
) -> SliceApp:
    """An application with an agent for each pipeline's stream."""
    group = group_name(settings)
    session = settings.agent_session_timeout_seconds
    app = SliceApp(
        group,
        positions=positions,
        broker=[f"aiokafka://{b}" for b in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=_credentials(settings),
        broker_client_id=f"{group}-{settings.agent_slot}",
        consumer_group_instance_id=f"{group}-{settings.agent_slot}",
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_rebalance_timeout=session,
        # Faust would leave the group after minutes without traffic; our own watchdog is stricter.
        broker_max_poll_interval=A_DAY,
        broker_max_poll_records=settings.agent_slice_records,
        broker_commit_interval=0.5,
        broker_commit_livelock_soft_timeout=A_DAY,
        stream_processing_timeout=A_DAY,
        consumer_max_fetch_size=8 * 1024 * 1024,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=5_000,
        stream_wait_empty=False,
        stream_buffer_maxsize=4,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        datadir=str(settings.home / "agents"),
    )
    for name, pipeline in pipelines.items():
        topic = app.topic(
            catalog.ingest(name), key_serializer="raw", value_serializer="raw", internal=False
        )
        app.agent(topic, name=name, concurrency=1)(_agent(pipeline))
    return app


def _agent(pipeline: Pipeline) -> Any:
    async def agent(stream: Any) -> None:
        await pipeline.run(stream)

    return agent


def _credentials(settings: Settings) -> Any:
    if not settings.kafka_sasl_mechanism:
        return None
    return faust.SASLCredentials(
        mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_sasl_username,
        password=settings.kafka_sasl_password.get_secret_value(),
    )
