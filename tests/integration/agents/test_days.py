"""The store's day of each event, as the agents give it to reducers and as PostgreSQL says it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import psycopg
import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import event_id, record

from storepulse.agents.store_columns import with_store_columns

ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "America/Havana", "Atlantic/Azores", "America/Asuncion", "Asia/Beirut",
)  # fmt: skip
CHANGED = event_id(700)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def set_zone(connection: psycopg.Connection[Any], store: str, *periods: tuple[str, str]) -> None:
    connection.execute("INSERT INTO stores (store_id) VALUES (%s)", [store])
    for from_day, zone in periods:
        connection.execute(
            "INSERT INTO store_time_zones VALUES (%s, %s, %s)", [store, from_day, zone]
        )


def frame_of(asked: list[tuple[str, datetime]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"store_id": [store for store, _ in asked], "occurred_at": [when for _, when in asked]},
        schema={"store_id": pl.String, "occurred_at": pl.Datetime("ms", "UTC")},
    )


def days_of(cursor: psycopg.Cursor[Any], asked: list[tuple[str, datetime]]) -> list[date]:
    """The column's days, held against the function's."""
    days: list[date] = with_store_columns(cursor, frame_of(asked))["day"].to_list()
    said = [
        cursor.execute("SELECT store_day(%s, %s)", [store, when]).fetchone()
        for store, when in asked
    ]
    assert [(day,) for day in days] == said
    return days


def test_days_are_those_of_each_zone_at_any_time(bench: Bench) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    asked, wanted = [], []
    with bench.world.connect() as connection:
        for number, zone in enumerate((*ZONES, ZONES[0])):
            store = event_id(800 + number)
            set_zone(connection, store, ("2019-12-01", zone))
            for _ in range(100):
                when = at("2020-01-01") + timedelta(
                    milliseconds=chance.randrange(10 * 31_557_600_000)
                )
                # Half of them close to a midnight.
                if chance.random() < 0.5:
                    local = when.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0)
                    when = local.astimezone(UTC) + timedelta(milliseconds=chance.randrange(-2, 2))
                when = when.replace(microsecond=when.microsecond // 1000 * 1000)
                asked.append((store, when))
                wanted.append(when.astimezone(ZoneInfo(zone)).date())
        asked.append((event_id(999), at("2026-03-01T23:59:59.999")))
        wanted.append(date(2026, 3, 1))
        assert days_of(connection.cursor(), asked) == wanted


def test_stores_of_several_zones_have_their_own_days_at_one_instant(bench: Bench) -> None:
    when = at("2026-03-01T22:30")
    stores = {event_id(900 + number): zone for number, zone in enumerate(ZONES)}
    with bench.world.connect() as connection:
        for store, zone in stores.items():
            set_zone(connection, store, ("1970-01-01", zone))
        days = days_of(connection.cursor(), [(store, when) for store in stores])
    assert days == [when.astimezone(ZoneInfo(zone)).date() for zone in stores.values()]
    assert len(set(days)) == 2


def test_days_before_a_change_of_zone_keep_theirs(bench: Bench) -> None:
    wanted = {
        "2026-03-01T23:59:59.999": "2026-03-01",  # UTC, before the first zone
        "2026-03-02T00:00": "2026-03-02",
        "2026-03-03T22:59:59.999": "2026-03-03",  # Berlin
        "2026-03-03T23:00": "2026-03-04",
        "2026-03-04T22:59:59.999": "2026-03-04",
        "2026-03-04T23:00": "2026-03-05",  # Tokyo, from Berlin's midnight on
        "2026-03-05T14:59:59.999": "2026-03-05",
        "2026-03-05T15:00": "2026-03-06",
        "2026-03-31T14:59:59.999": "2026-03-31",
        "2026-03-31T15:00": "2026-04-01",
    }
    with bench.world.connect() as connection:
        set_zone(connection, CHANGED, ("2026-03-02", "Europe/Berlin"), ("2026-03-05", "Asia/Tokyo"))
        days = days_of(connection.cursor(), [(CHANGED, at(text)) for text in wanted])
    assert [str(day) for day in days] == list(wanted.values())
    assert all(before <= after for before, after in pairwise(days))


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),
        ("Asia/Kathmandu", "2026-02-01", "2026-01-31T18:15", "2026-02-01T18:15"),
        ("Asia/Kolkata", "2026-02-01", "2026-01-31T18:30", "2026-02-01T18:30"),
    ],
)
def test_a_slices_events_count_on_the_stores_days(
    bench: Bench, zone: str, day: str, begins: str, ends: str
) -> None:
    step = timedelta(milliseconds=1)
    moments = [at(begins) - step, at(begins), at(ends) - step, at(ends)]
    millis = [int(moment.timestamp() * 1000) for moment in moments]
    with bench.world.connect() as connection:
        set_zone(connection, event_id(600), ("2019-12-01", zone))
    events = [
        record(
            "activity", number, store_id=event_id(600), activity_type="product_view",
            product_id="mug", occurred_at=when, received_at=when,
        )
        for number, when in enumerate(millis)
    ]  # fmt: skip
    assert bench.write("activity", events).applied == 4
    counted = bench.rows("SELECT day::text, views::int FROM activity_products_daily ORDER BY day")
    assert [views for _, views in counted] == [1, 2, 1]
    assert counted[1][0] == day
