"""The streams in the gateway: decoders, encoder, topic, meter."""

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
    """The gateway's parts for one stream. `room`: how many events may wait when one of it is
    admitted.

    `needs_host`: the host of the page that sent an event may determine its store. `source`: the
    events' source without a secret key. `is_of_servers`: pages may not send its events. `prove` is
    the stream's check of proofs in events.
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
        self.source = stream.endpoints[0].source
        self.is_of_servers = stream.is_of_servers
        self.prove = stream.prove
        self.room = room_of(stream.priority, settings.gateway_max_in_flight)


def ingest_streams(
    settings: Settings, catalog: Catalog, limits: NewNameLimits
) -> dict[str, IngestStream]:
    """All streams by name."""
    return {
        name: IngestStream(stream, settings, catalog, limits) for name, stream in STREAMS.items()
    }
