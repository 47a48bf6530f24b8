"""What an error of PostgreSQL means: try again later, set records aside, or leave."""

from __future__ import annotations

import psycopg

#: Connection, transaction state, rollback, resources, lock, operator; see Appendix A of the manual.
_TRANSIENT = ("08", "25P", "40", "53", "55P03", "57", "58")
#: Cardinality (two staged rows for one key), data, integrity, limits such as an index row's size.
_DATA = ("21", "22", "23", "54")


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same transaction may succeed later, unchanged.

    `idle_in_transaction_session_timeout` ends the connection with 25P03, which psycopg does not
    class as an OperationalError; a connection that broke has no SQLSTATE at all.
    """
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TRANSIENT)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def is_about_data(error: psycopg.Error) -> bool:
    """Whether some record's content is to blame: the others can be applied without it."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_DATA)
    # psycopg itself refuses some values, for example text with a NUL, before PostgreSQL sees them.
    return isinstance(error, psycopg.DataError | psycopg.IntegrityError)


def is_key_violation(error: BaseException | None) -> bool:
    """Whether an error about data may be another transaction's doing: a key entered meanwhile."""
    return isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.ExclusionViolation)
