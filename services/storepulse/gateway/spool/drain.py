"""Send the spool's events to Kafka, oldest first, through the gateway's own producer.

A segment is removed only after the broker has acknowledged all of it; after a crash it is sent
again with the same event ids. Live events do not wait for the drain: it sends a chunk, waits for
the acknowledgement, sends the next, and has only the room of a low-priority stream. If the broker
answers but did not take the last delivery, one spooled event is sent as a trial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from confluent_kafka import KafkaError

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.gateway.publishing.publisher import Publisher, QueueFull
from storepulse.gateway.spool.records import SpooledRecord
from storepulse.gateway.spool.segments import Segment
from storepulse.gateway.spool.spool import Spool

CHUNK = 500
PAUSE_SECONDS = 0.2
BUSY_SECONDS = 0.02
DISK_PAUSE_SECONDS = 5.0

#: The record itself is refused, so a retry cannot succeed.
_UNSENDABLE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG})


class Away(Exception):
    """Kafka did not take the chunk; it stays in the spool."""


class Drain:
    """A task beside the servers. `topics`: the topics that it may write to."""

    def __init__(
        self, spool: Spool, publisher: Publisher, topics: frozenset[str], room: int
    ) -> None:
        self._spool = spool
        self._publisher = publisher
        self._broker = publisher.broker
        self._topics = topics
        self._room = room
        self._chunk = min(CHUNK, room)
        self._log = logger()

    async def run(self) -> None:
        """Drain until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                while self._may_try() and self._spool.folder.segments:
                    segment = self._spool.take_oldest()
                    if segment is None:
                        await asyncio.sleep(BUSY_SECONDS)
                    else:
                        await self._bring(segment)
            except Away as away:
                self._log.info("spool_waits", reason=str(away))
            except Exception as error:  # noqa: BLE001 - what is spooled must not wait for a restart
                self._log.error("spool_not_drained", exc_info=error)
                await asyncio.sleep(DISK_PAUSE_SECONDS)

    def _may_try(self) -> bool:
        return self._broker.is_writable or (
            self._broker.is_reachable and self._broker.fatal is None
        )

    async def _bring(self, segment: Segment) -> None:
        """Send everything in one segment, then remove it. Raises Away, OSError."""
        folder = self._spool.folder
        contents = await asyncio.to_thread(folder.read, segment)
        while segment.sent < len(contents.records):
            count = self._chunk if self._broker.is_writable else 1
            chunk = contents.records[segment.sent : segment.sent + count]
            sendable = [record for record in chunk if record.topic in self._topics]
            if len(sendable) < len(chunk):
                reason = "of a topic that is not ours"
                folder.note_damage(segment, len(chunk) - len(sendable), reason)
            await self._send(segment, sendable)
            segment.sent += len(chunk)
            metrics.SPOOL_DRAINED.inc(len(sendable))
        await asyncio.to_thread(folder.remove, segment)
        self._log.info("spool_segment_drained", file=segment.path.name, events=segment.sent)

    async def _send(self, segment: Segment, chunk: Sequence[SpooledRecord]) -> None:
        """Send one chunk and wait for its acknowledgement. Raises Away."""
        topics = dict.fromkeys(record.topic for record in chunk)
        errors = await asyncio.gather(
            *(self._publish(t, [r for r in chunk if r.topic == t]) for t in topics)
        )
        error = next((error for error in errors if error is not None), None)
        if error is None:
            return
        if error.code() not in _UNSENDABLE:
            raise Away(error.name())
        if len(chunk) == 1:
            self._spool.folder.note_damage(segment, 1, error.name())
            return
        for record in chunk:
            await self._send(segment, [record])

    async def _publish(self, topic: str, records: list[SpooledRecord]) -> KafkaError | None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[KafkaError | None] = loop.create_future()

        def on_done(error: KafkaError | None) -> None:
            # The future is cancelled at shutdown, when the rest of the producer's queue is flushed
            # elsewhere.
            if not future.done():
                future.set_result(error)

        pairs = [(record.key, record.value) for record in records]
        while True:
            try:
                self._publisher.publish(topic, pairs, on_done, self._room, patient=True)
            except QueueFull:
                if not self._may_try():
                    raise Away("the queue is full") from None
                await asyncio.sleep(BUSY_SECONDS)
            else:
                return await future
