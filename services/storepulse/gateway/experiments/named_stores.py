"""The store of an event that names a test but no store: the test's store."""

from __future__ import annotations

from typing import Any

from storepulse.contracts.encoder import encoder_of
from storepulse.domain.errors import Rejected
from storepulse.experiments.running import RunningTable
from storepulse.streams.stream import StoreOf


def stores_of_tests(running: RunningTable) -> StoreOf:
    """A function that finds the store from an experiment event's values."""
    at = encoder_of("experiment").own_fields.index("test_id")

    def store_of(values: tuple[Any, ...], _page_host: str | None) -> str:
        test = running.find(values[at])
        if test is None:
            raise Rejected("store_id", "is needed, since no running test has this id")
        return test.store_id

    return store_of
