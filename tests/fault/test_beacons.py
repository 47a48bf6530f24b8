"""The load's beacons mean to the gateway what the checker knows of them."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random

import pytest
from tests.fault.beacons import Beacons
from tests.fault.makers import STREAMS

from storepulse.contracts.encoder import encoder_of
from storepulse.gateway.decoding import Decoding
from storepulse.streams import registry
from storepulse.streams.beacon import Rules

NOW = 1_795_240_800_000


@pytest.mark.parametrize("stream", STREAMS)
def test_each_event_is_what_the_gateway_keeps(stream: str) -> None:
    sent = registry.STREAMS[stream].input
    decoding, names = Decoding(sent, 500), encoder_of(stream).own_fields
    for made in Beacons(stream, Random(7)).some(200, NOW, robot=False):
        (beacon,) = decoding.decode_one(json.dumps(made.json).encode()).beacons
        for name, kept in zip(names, sent.own(beacon, Rules()), strict=True):
            if name not in made.sent.fields:
                continue
            expected = made.sent.fields[name]
            is_money = isinstance(kept, Decimal)
            assert kept == (Decimal(expected) if is_money else expected), name


@pytest.mark.parametrize("stream", STREAMS)
def test_a_spoilt_beacon_has_no_good_one_s_id(stream: str) -> None:
    beacons = Beacons(stream, Random(7))
    good = {made.sent.key for made in beacons.some(2_000, NOW, robot=False)}
    spoilt = [beacons.spoilt(NOW).sent for _ in range(300)]
    assert not any(sent.good for sent in spoilt)
    assert good.isdisjoint(sent.key for sent in spoilt)
