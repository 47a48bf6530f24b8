"""The Faust application that reads slices, with our consumer and without tables."""

from __future__ import annotations

from typing import Any

import faust
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver

from storepulse.slices.driver import fetching
from storepulse.slices.driver.slice_consumer import (
    HaltedPartitions,
    ReadPositions,
    SliceConsumer,
)


class NoTables(TableManager):
    """Faust's table manager, without tables.

    Faust subscribes to topics once this has started, and does not read a stream that registers
    later for the next 45 s. Faust's own manager sleeps for a second here; this one waits until all
    streams are registered.
    """

    async def on_start(self) -> None:
        while not self.should_stop and len(self.app.topics) < len(self.app.agents):
            await self.sleep(0.005)
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class SliceTransport(driver.Transport):
    """Transport whose consumer reads slices."""

    Consumer = SliceConsumer


class SliceApp(faust.App):
    """Faust application on the slice transport."""

    def __init__(
        self,
        *args: Any,
        read_positions: ReadPositions,
        halts: HaltedPartitions,
        **kwargs: Any,
    ) -> None:
        self._read_positions = read_positions
        self.halts = halts
        super().__init__(*args, TableManager=NoTables, **kwargs)

    def _new_transport(self) -> SliceTransport:
        return SliceTransport(self.conf.broker_consumer, self)

    def _new_consumer(self) -> SliceConsumer:
        consumer = super()._new_consumer()
        assert isinstance(consumer, SliceConsumer)  # noqa: S101 - our transport makes it
        consumer.read_positions = self._read_positions
        consumer.halts = self.halts
        fetching.GatheringFetcher.has_room = consumer.has_room
        fetching.GatheringFetcher.is_halted = consumer.is_halted
        return consumer
