"""What each class of SQLSTATE means for a slice."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from storepulse.adapters.postgres.faults import is_about_data, is_transient

PASSING = [
    "08000", "08003", "08006", "25P02", "25P03", "25P04", "40001", "40P01", "53100", "53200",
    "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58030",
]  # fmt: skip
DATA = [
    "21000",
    "22001",
    "22003",
    "22007",
    "22021",
    "22P02",
    "22P05",
    "23502",
    "23505",
    "23514",
    "54000",
]
OURS = ["42601", "42P01", "42703", "42501", "0A000", "XX000", "25006", "55000", "3D000", "28P01"]


def error_of(state: str) -> psycopg.Error:
    try:
        return errors.lookup(state)("said PostgreSQL")
    except KeyError:
        error = psycopg.OperationalError("said PostgreSQL")
        error.sqlstate = state
        return error


@pytest.mark.parametrize("state", PASSING)
def test_what_passes_is_waited_for(state: str) -> None:
    error = error_of(state)
    assert error.sqlstate == state
    assert (is_transient(error), is_about_data(error)) == (True, False)


@pytest.mark.parametrize("state", DATA)
def test_what_a_record_causes_sets_it_aside(state: str) -> None:
    assert (is_transient(error_of(state)), is_about_data(error_of(state))) == (False, True)


@pytest.mark.parametrize("state", OURS)
def test_anything_else_ends_the_process(state: str) -> None:
    assert (is_transient(error_of(state)), is_about_data(error_of(state))) == (False, False)


@pytest.mark.parametrize(
    ("error", "waits", "data"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True, False),
        (psycopg.InterfaceError("the connection is closed"), True, False),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), False, True),
        (psycopg.ProgrammingError("the query has 2 placeholders"), False, False),
    ],
)
def test_errors_of_the_client_have_no_state(error: psycopg.Error, waits: bool, data: bool) -> None:
    assert (is_transient(error), is_about_data(error)) == (waits, data)
