"""The streams as the gateway takes them in: decoders, encoder, topic, meter."""

from __future__ import annotations

from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.metering import StreamMeter
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.gateway.shedding import room_of
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import Stream


class IngestStream:
    """What serves one stream. `room`: how many events may wait when one of it is let in.

    `needs_host`: the host of the page that sent an event may name its store.
    """

    def __init__(
        self, stream: Stream, settings: Settings, catalog: Catalog, limits: NewNameLimits
    ) -> None:
        rules = Rules(max_coordinate_y=settings.gateway_max_coordinate_y)
        self.name = stream.name
        self.topic = catalog.ingest(stream.name)
        self.decoding = Decoding(stream.input, settings.gateway_max_batch)
        self.enveloper = Enveloper(stream, rules, limits)
        self.meter = StreamMeter(stream.name)
        self.needs_host = stream.reads_page_host
        self.secret_only = stream.secret_only
        self.room = room_of(stream.priority, settings.gateway_max_in_flight)


def ingest_streams(
    settings: Settings, catalog: Catalog, limits: NewNameLimits
) -> dict[str, IngestStream]:
    """All of them by name."""
    return {
        name: IngestStream(stream, settings, catalog, limits) for name, stream in STREAMS.items()
    }
