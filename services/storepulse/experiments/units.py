"""Units of experiments outside of slices: the same frames and statements, in transactions of our
own. The statements and their rules are in `streams/experiment_units.sql`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.postgres.copying import copy_into
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.streams.experiment_units import UNITS
from storepulse.streams.reduction import STEPS

_SQL = named_sql("streams/experiment_units")


def prepare(connection: Connection) -> None:
    """Create the tables that units are staged in, once per connection."""
    connection.execute(_SQL["stage"])


def write_units(connection: Connection, tables: Mapping[str, pl.DataFrame]) -> None:
    """Add the events in frames of `unit_tables`, and update the figures of their units. On
    psycopg.Error nothing is stored."""
    with connection.transaction(), connection.cursor() as cursor:
        for name, frame in tables.items():
            copy_into(cursor, f"stage_{name}", frame)
        count_units(cursor)


def count_units(cursor: psycopg.Cursor[Any]) -> None:
    """Recount the staged units, in the transaction in which they were staged."""
    for step in STEPS[UNITS]:
        cursor.execute(_SQL[step])
