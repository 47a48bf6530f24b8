"""Rows of the index of dead letters, as the agents write them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from tests.support.ingest_records import Record, record

_offsets = itertools.count(1)


def add_letter(
    connection: psycopg.Connection[Any],
    original: Record | None = None,
    *,
    stream: str = "activity",
    **columns: Any,
) -> UUID:
    """Puts a letter of a record into the index; its id."""
    original = original or record(stream, 1)
    row = {
        "stream": stream,
        "stage": "store",
        "reason": "refused by the database",
        "message": "",
        "topic": f"ingest.{stream}.v1",
        "topic_id": "a topic",
        "partition": 0,
        "offset": next(_offsets),
        "key": original.key,
        "value": original.value,
        "header_names": [name for name, _ in original.headers],
        "header_values": [value for _, value in original.headers],
        "code_version": "0",
        "store_id": uuid4(),
    } | columns
    casts = {"header_names": sql.SQL("::text[]"), "header_values": sql.SQL("::bytea[]")}
    found = connection.execute(
        sql.SQL("INSERT INTO dead_letters ({}) VALUES ({}) RETURNING dead_letter_id").format(
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() + casts.get(name, sql.SQL("")) for name in row),
        ),
        list(row.values()),
    ).fetchone()
    assert found is not None
    letter_id: UUID = found[0]
    return letter_id


def letters(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], *columns: str
) -> list[tuple[Any, ...]]:
    """These columns of letters, in the order of the ids."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {} FROM dead_letters JOIN unnest(%s::uuid[]) WITH ORDINALITY AS w (id, place)"
            " ON w.id = dead_letter_id ORDER BY place"
        ).format(sql.SQL(", ").join(map(sql.Identifier, columns))),
        [list(ids)],
    )
    return list(rows.fetchall())


def actions(connection: psycopg.Connection[Any], letter_id: UUID) -> list[str]:
    """What was done with a letter, in order."""
    rows = connection.execute(
        "SELECT action FROM dead_letter_actions WHERE dead_letter_id = %s ORDER BY action_id",
        [letter_id],
    )
    return [str(row[0]) for row in rows.fetchall()]
