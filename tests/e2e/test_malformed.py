"""Every kind of malformed beacon that the demo knows is refused by the gateway, and named."""

from __future__ import annotations

from random import Random

from tests.support.services import running
from tests.support.world import World

from storepulse.demo import spoilt
from storepulse.demo.beacons import HEATMAP_BATCH, BeaconRequest, Visitor
from storepulse.demo.sender import BeaconSender
from storepulse.demo.traffic import Plan, visitors

START = 1_795_219_200_000


def good_requests() -> dict[str, BeaconRequest]:
    """A request of each stream, the heatmap's one a batch that has a click."""
    found: dict[str, BeaconRequest] = {}
    for visitor in visitors(Plan(1, START, trusted=True), 3_000):
        for request in visitor.requests:
            if all(entry.outcome == "fresh" for entry in request.entries):
                found[request.entries[0].stream] = request
    return found


async def test_every_malformed_kind_is_refused_and_named(world: World) -> None:
    rng = Random(3)
    good = good_requests()
    cases = len(spoilt.FIELDS) + len(spoilt.BODIES)
    requests = [spoilt.request(rng, good, index) for index in range(cases)]
    sent = [request for request in requests if request is not None]
    assert len(sent) == cases
    sent.append(spoilt.empty_batch(good["heatmap"]))
    for number, case in enumerate(c for c in spoilt.FIELDS if c.stream == "heatmap"):
        model = good["heatmap"]
        bad = spoilt.spoil(model.entries[0], case)
        sent.append(BeaconRequest(HEATMAP_BATCH, [bad], f"198.18.9.{number}", model.user_agent))
    with running("gateway", world.settings) as gateway:
        sender = BeaconSender(gateway.url, lambda _: None, world.key, concurrency=1)
        await sender.send(iter([Visitor(0, sent)]))
    assert sender.tally.complaints == []
    assert sender.tally.totals["malformed"] == len(sent)
