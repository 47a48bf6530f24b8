"""The agents' process: one consumer per stream, and the time partitions that they write to."""

from __future__ import annotations

import asyncio
from functools import partial

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.agents.abandoned_clock import tell_abandoned_carts
from storepulse.agents.experiment_settling import settle_phases
from storepulse.agents.ledger_watch import watch_ledger
from storepulse.agents.limit_watch import watch_limits
from storepulse.agents.own_work import meter_own_work
from storepulse.agents.preparation import DecodedSlice, prepare
from storepulse.agents.transaction import SliceTransaction
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.domain.event_keys import RecentIds
from storepulse.metering.closing import close_months
from storepulse.slices import worker
from storepulse.slices.application import Member
from storepulse.slices.consumer import Consumer
from storepulse.slices.publisher import SlicePublisher
from storepulse.slices.worker import Chore
from storepulse.streams.derived import DERIVED_STREAM
from storepulse.streams.reducers import reducer_of
from storepulse.streams.registry import STREAMS

PARTITIONS_EVERY_SECONDS = 3600
CLOSING_EVERY_SECONDS = 60.0

_SQL = named_sql("agents/worker")


def member_of(settings: Settings) -> Member:
    """Return this worker as a member of the agents' consumer group."""
    return Member(
        process="agents",
        slot=settings.agent_slot,
        host=settings.agent_metrics_host,
        port=settings.agent_metrics_port + settings.agent_slot,
        slice_records=settings.agent_slice_records,
        session_timeout_seconds=settings.agent_session_timeout_seconds,
        gather_seconds=settings.agent_gather_ms / 1000,
    )


def select_streams(settings: Settings) -> list[str]:
    """Return the streams that this worker processes. Raises Misconfigured for an unknown one."""
    names = [n.strip() for n in settings.agent_streams.split(",") if n.strip()] or list(STREAMS)
    for name in names:
        if name not in STREAMS:
            raise Misconfigured("STOREPULSE_AGENT_STREAMS", f"no such stream: {name}")
    return names


def consumer_of(settings: Settings, catalog: Catalog, stream: str) -> Consumer[DecodedSlice]:
    """Return the consumer of a stream's accepted events."""
    schema, topics = schema_of(stream), (catalog.events(stream), catalog.dlq(stream))
    recent = RecentIds()

    def make_transaction(session: str) -> SliceTransaction:
        publisher = SlicePublisher(settings, session)
        limit = settings.dead_letter_max_replays
        return SliceTransaction(publisher, stream, reducer_of(stream), topics, limit, recent)

    decode = partial(prepare, schema=schema)
    return Consumer(stream, catalog.ingest(stream), decode, make_transaction, settings.agent_lanes)


def ensure_partitions(settings: Settings) -> None:
    """Create the time partitions of the next days and months."""
    try:
        options = SessionOptions(name="storepulse-partitions", lock_seconds=10)
        with connect(settings.dsn, options) as connection:
            connection.execute(_SQL["ensure_partitions"])
    except psycopg.Error as error:
        raise Transient(f"PostgreSQL: {error}") from error


async def keep_partitions_ahead(settings: Settings, stop: asyncio.Event) -> None:
    """Create time partitions every hour, until `stop`."""
    work = partial(ensure_partitions, settings)
    every = PARTITIONS_EVERY_SECONDS
    await repeat(work, every, stop, "time partitions not made", at_once=False)


async def close_usage(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Close months of usage that are over, and make their statements, every minute."""

    def close() -> None:
        made = close_months(settings, clock())
        metrics.USAGE_STATEMENTS.inc(made)

    await repeat(close, CLOSING_EVERY_SECONDS, stop, "months of usage not closed")


async def run(settings: Settings, clock: Clock) -> int:
    """Run one worker until it is told to stop, and return the process's exit code.

    Workers that process the stream of derived events also create them, by `clock`.
    """
    catalog = load_catalog(settings.topic_prefix)
    streams, member = select_streams(settings), member_of(settings)
    await asyncio.to_thread(ensure_partitions, settings)
    chores: list[Chore] = [
        partial(keep_partitions_ahead, settings),
        partial(watch_ledger, settings),
        partial(close_usage, settings, clock),
        partial(meter_own_work, settings, clock),
        partial(watch_limits, settings),
        partial(settle_phases, settings, clock),
    ]
    if DERIVED_STREAM in streams:
        names = member.group_name(settings), member.session_name("carts")
        chores.append(partial(tell_abandoned_carts, settings, catalog, clock, *names))
    return await worker.run(
        settings,
        member,
        [consumer_of(settings, catalog, stream) for stream in streams],
        written_topics=[
            catalog.ingest("usage"),
            *(name for s in streams for name in (catalog.events(s), catalog.dlq(s))),
        ],
        chores=chores,
    )


def main(settings: Settings, clock: Clock) -> None:
    """Run a worker and exit with its code. `clock` decides which months are over."""
    worker.main(settings, member_of(settings), lambda: run(settings, clock))
