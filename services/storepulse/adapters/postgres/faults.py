"""Classify PostgreSQL's errors: retry later, set records aside, or exit."""

from __future__ import annotations

import psycopg

#: Connection, transaction state, rollback, resources, lock, operator intervention, system; see
#: Appendix A of the manual.
_TRANSIENT = ("08", "25P", "40", "53", "55P03", "57", "58")
#: Cardinality (two staged rows for one key), data, integrity, limits such as an index row's size.
_DATA = ("21", "22", "23", "54")


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same transaction may succeed later, unchanged.

    `idle_in_transaction_session_timeout` ends the connection with 25P03, which psycopg does not
    class as an OperationalError; an error of a broken connection has no SQLSTATE.
    """
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TRANSIENT)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def is_about_data(error: psycopg.Error) -> bool:
    """Whether some record's content is to blame, so that the others can be applied without it."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_DATA)
    # psycopg itself refuses some values, for example text with a NUL, before PostgreSQL sees them.
    return isinstance(error, psycopg.DataError | psycopg.IntegrityError)


def is_key_violation(error: BaseException | None) -> bool:
    """Whether a data error may be caused by another transaction that inserted the key meanwhile."""
    return isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.ExclusionViolation)
