"""Units of experiments outside of slices: the same frames, by the same statements, in transactions
of our own. The statements and their rules are in `streams/experiment_units.sql`."""

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
    """Makes the tables that units are staged in; once for a connection."""
    connection.execute(_SQL["stage"])


def write_units(connection: Connection, tables: Mapping[str, pl.DataFrame]) -> None:
    """Adds what frames of `unit_tables` tell, and brings figures of their units in line. Raises
    psycopg.Error; nothing was stored then."""
    with connection.transaction(), connection.cursor() as cursor:
        for name, frame in tables.items():
            copy_into(cursor, f"stage_{name}", frame)
        count_units(cursor)


def count_units(cursor: psycopg.Cursor[Any]) -> None:
    """Counts the staged units anew, in the transaction in which they were staged."""
    for step in STEPS[UNITS]:
        cursor.execute(_SQL[step])
