"""The delivery process: the matchers of all streams, the senders of all destinations, the index of
foreign letters, and the removal of old rows."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime
from functools import partial

from storepulse.adapters.clock import Clock
from storepulse.adapters.disk import check_disks
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters import foreign_letters
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.budget import Budget
from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.destination_loader import DestinationLoader
from storepulse.delivery.matcher import consumer_of
from storepulse.delivery.means import Means
from storepulse.delivery.minutes import DeliveryMinutes
from storepulse.delivery.old_rows import remove_old_rows
from storepulse.delivery.open_letters import watch_open_letters
from storepulse.delivery.outcome_writer import OutcomeWriter
from storepulse.delivery.outcomes import Outcomes
from storepulse.delivery.purchase_claims import PurchaseClaims
from storepulse.delivery.queue import Queue
from storepulse.delivery.senders import Senders
from storepulse.delivery.undelivered import Undelivered
from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import kinds_of
from storepulse.destinations.rules.image_limits import ImageLimits
from storepulse.domain.identity import UUID7_DIGITS, uuid7, uuid7_prefix
from storepulse.retention.settings_limits import limits_of
from storepulse.slices import worker
from storepulse.slices.application import Member
from storepulse.slices.publisher import SlicePublisher

log = logger()

#: Records of a slice. With several destinations, each record becomes several rows.
SLICE_RECORDS = 5_000


def member_of(settings: Settings) -> Member:
    """This process in delivery's consumer group."""
    return Member(
        process="delivery",
        slot=settings.delivery_slot,
        host=settings.delivery_host,
        port=settings.delivery_port + settings.delivery_slot,
        slice_records=SLICE_RECORDS,
        session_timeout_seconds=settings.agent_session_timeout_seconds,
    )


def new_batch_id(now: datetime) -> str:
    """A UUIDv7, so that batches of one time are adjacent in PostgreSQL's indexes."""
    return uuid7(uuid7_prefix(int(now.timestamp() * 1000)), secrets.token_hex(UUID7_DIGITS // 2))


async def run(settings: Settings, clock: Clock) -> int:
    """Runs one process until it is told to stop. Returns the exit code."""
    catalog, member = load_catalog(settings.topic_prefix), member_of(settings)
    limits_of(settings, clock())
    owner = str(uuid.uuid4())
    breakers = Breakers()
    undelivered = Undelivered(
        SlicePublisher(settings, f"storepulse-delivery-{settings.delivery_slot}"),
        catalog.undelivered,
        member.group_name(settings),
        settings.dead_letter_max_replays,
    )
    async with contextlib.AsyncExitStack() as stack:
        connections = await stack.enter_async_context(
            delivery_pool(settings, f"storepulse-delivery-{settings.delivery_slot}")
        )
        client = await stack.enter_async_context(SafeClient(settings.delivery_reach))
        queue = Queue(connections, clock, new_batch_id, owner, settings.delivery_claim_seconds)
        minutes = DeliveryMinutes(owner)
        writer = OutcomeWriter(connections, owner, breakers, undelivered, minutes, clock)
        outcomes = Outcomes(writer)
        draw = random.SystemRandom().random
        kinds = kinds_of(settings.home, _image_limits(settings))
        budget = Budget(bytes=settings.delivery_in_hand_bytes)
        purchases = PurchaseClaims(connections, clock)
        means = Means(queue, outcomes, breakers, purchases, client, kinds, clock, draw, budget)
        load = await stack.enter_async_context(DestinationLoader(settings))
        senders = Senders(means, load)
        loop = asyncio.get_running_loop()

        def wake(destination_ids: Collection[str]) -> None:
            loop.call_soon_threadsafe(senders.wake, destination_ids)

        def has_destinations() -> bool:
            return bool(senders.destinations) or not senders.is_loaded

        async def deliver(stop: asyncio.Event) -> None:
            await _deliver(stop, senders, outcomes, connections, minutes)

        log.info("delivery started", owner=owner)
        return await worker.run(
            settings,
            member,
            [
                *(
                    consumer_of(catalog, stream, has_destinations, wake, clock)
                    for stream in catalog.streams
                ),
                *foreign_letters.consumers_of(catalog, clock),
            ],
            written_topics=[catalog.undelivered],
            chores=[
                deliver,
                partial(watch_open_letters, settings),
                partial(remove_old_rows, settings, clock),
            ],
            own_checks=lambda: [senders.check(), check_disks({"home": settings.home})],
        )


async def _deliver(
    stop: asyncio.Event,
    senders: Senders,
    outcomes: Outcomes,
    connections: Pool,
    minutes: DeliveryMinutes,
) -> None:
    """Sends until `stop`, then waits for requests under way and writes their outcomes."""
    writing = asyncio.create_task(outcomes.run())
    sending = asyncio.create_task(senders.run())
    reporting = asyncio.create_task(_report(connections))
    is_over = asyncio.Event()
    noting = asyncio.create_task(minutes.run(connections, is_over))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, sending, writing], return_when=asyncio.FIRST_COMPLETED)
    senders.stop()
    await sending
    outcomes.close()
    await writing
    is_over.set()
    await noting
    for task in (reporting, stopping):
        task.cancel()


async def _report(connections: Pool) -> None:
    while True:
        connections.report()
        await asyncio.sleep(5)


def _image_limits(settings: Settings) -> ImageLimits:
    return ImageLimits(
        settings.image_event_images,
        settings.image_event_bytes,
        settings.image_store_images,
        settings.image_store_bytes,
    )


def main(settings: Settings, clock: Clock) -> None:
    """Runs a process and ends it with its exit code."""
    worker.main(settings, member_of(settings), lambda: run(settings, clock))
