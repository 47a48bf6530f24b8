"""What the gateway does for one stream alone agrees with the stream's schema."""

from __future__ import annotations

import pytest

from storepulse.contracts.encoder import encoder_of
from storepulse.gateway.encoding.stream_traits import TRAITS
from storepulse.streams.beacons import INPUTS

COUNTED_FIELDS = {
    "heatmap": ("page_url", "selector"),
    "landing": ("landing_page_id", "landing_page_id"),
}


def test_every_stream_has_traits_and_no_other() -> None:
    assert TRAITS.keys() == INPUTS.keys()


@pytest.mark.parametrize("stream", TRAITS)
def test_the_counted_names_are_those_of_the_schema(stream: str) -> None:
    indexes = TRAITS[stream].counted_names
    fields = encoder_of(stream).own_fields
    named = None if indexes is None else tuple(fields[index] for index in indexes)
    assert named == COUNTED_FIELDS.get(stream)


@pytest.mark.parametrize("stream", TRAITS)
def test_marks_and_public_ids_stand_where_the_schema_has_them(stream: str) -> None:
    traits, encoder = TRAITS[stream], encoder_of(stream)
    assert traits.has_public_id is ("public_id" in encoder.head_fields)
    assert (traits.counted_names is not None) is ("folded" in encoder.tail_fields)
