"""The streams as the gateway takes them in: decoders, encoder, topic, meter."""

from __future__ import annotations

from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.stream_traits import TRAITS
from storepulse.gateway.metering import StreamMeter
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.gateway.shedding import room_of
from storepulse.streams.beacon import Rules
from storepulse.streams.beacons import INPUTS


class IngestStream:
    """What serves one stream. `room`: how many events may wait when one of it is let in.

    `needs_host`: the host of the page that sent an event can name its store.
    """

    def __init__(
        self, stream: str, settings: Settings, catalog: Catalog, limits: NewNameLimits
    ) -> None:
        priority = catalog.streams[stream].priority
        rules = Rules(max_coordinate_y=settings.gateway_max_coordinate_y)
        self.name = stream
        self.topic = catalog.ingest(stream)
        self.decoding = Decoding(INPUTS[stream], settings.gateway_max_batch)
        self.enveloper = Enveloper(INPUTS[stream], rules, priority, limits)
        self.meter = StreamMeter(stream)
        self.needs_host = TRAITS[stream].wants_page_host
        self.room = room_of(priority, settings.gateway_max_in_flight)


def ingest_streams(
    settings: Settings, catalog: Catalog, limits: NewNameLimits
) -> dict[str, IngestStream]:
    """All of them by name."""
    return {name: IngestStream(name, settings, catalog, limits) for name in INPUTS}
