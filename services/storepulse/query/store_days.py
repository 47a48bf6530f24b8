"""Periods of one store in its own days: requests, and parameters of statements."""

from __future__ import annotations

from fastapi import Request

from storepulse.query.access import Reader
from storepulse.query.app_state import database
from storepulse.query.periods import LimitedPeriod, Period, clock_of
from storepulse.query.windows import Window
from storepulse.query.wire import Json, OneStore


class StorePeriod(Period):
    """A period of one store."""

    store_id: OneStore = None


class TopOfStore(StorePeriod, LimitedPeriod):
    """The first entries of one store's period."""


async def own_days_of(request: Request, reader: Reader, query: StorePeriod) -> Window:
    """The store's own days that the period touches. Raises Rejected."""
    store_id = reader.one_store(query.store_id)
    return query.in_own_days(await clock_of(database(request), store_id))


def parameters_of_days(reader: Reader, query: StorePeriod, window: Window) -> Json:
    """Parameters of statements about one store's days."""
    return {
        "store_id": reader.one_store(query.store_id),
        "include_bots": query.include_bots,
        **window.bounds,
    }
