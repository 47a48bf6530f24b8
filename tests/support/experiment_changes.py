"""Moves of tests through their lives, without their author's checks."""

from __future__ import annotations

from typing import Any

import psycopg

from storepulse.domain.experiments.definition import Definition, encode


def set_status(
    connection: psycopg.Connection[Any], test_id: str, status: str, winner: str | None = None
) -> None:
    """Pauses, resumes, completes or archives a test."""
    connection.execute(
        "UPDATE ab_tests SET status = %s, winner = %s WHERE test_id = %s", (status, winner, test_id)
    )


def begin_phase(
    connection: psycopg.Connection[Any], store_id: str, test_id: str, phase: int, new: Definition
) -> None:
    """Ends a test's phase and begins the next one."""
    settings = encode(new).decode()
    with connection.transaction():
        connection.execute(
            "UPDATE ab_test_phases SET ended_at = now() WHERE test_id = %s AND ended_at IS NULL",
            (test_id,),
        )
        connection.execute(
            "INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, settings, window_ms,"
            " pre_ms) VALUES (%s, %s, %s, now(), %s, 259200000, 1209600000)",
            (test_id, phase, store_id, settings),
        )
        connection.execute(
            "UPDATE ab_tests SET phase = %s, definition = %s WHERE test_id = %s",
            (phase, settings, test_id),
        )
