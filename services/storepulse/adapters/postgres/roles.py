"""PostgreSQL's roles: one for each service, one for the command line, all unprivileged.

A service's role has only the rights that its statements need. Migrations grant rights on their
tables; this module creates the roles and sets their rights on the database. The database's owner
creates and drops tables, and is not a service's role. PostgreSQL receives a password's SCRAM
verifier, never the password, so that it cannot appear in the server's logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.statement import Statement

#: The owner of databases that `up` creates. Elsewhere it is the role of DATABASE_URL.
OWNER = "storepulse_owner"
SERVICES = ("gateway", "agents", "delivery", "query", "operator")
ROLES: Mapping[str, str] = {service: f"storepulse_{service}" for service in SERVICES}
#: Roles that stage rows in temporary tables.
TEMPORARY = tuple(ROLES[service] for service in ("agents", "delivery", "operator"))
#: (role, setting, value)
LIMITS = (
    (ROLES["query"], "default_transaction_read_only", "on"),
    (ROLES["query"], "statement_timeout", "30s"),
    (ROLES["gateway"], "statement_timeout", "60s"),
)

_SQL = named_sql(
    "adapters/postgres/roles",
    missing="names",
    creation="names verifiers",
    renewal="names verifiers",
    limits="names settings values",
    database_rights="names temporary",
)


def missing_roles(connection: Connection, names: Iterable[str] = ROLES.values()) -> list[str]:
    """Those of `names` that do not exist on the server."""
    return [str(name) for (name,) in connection.execute(_SQL["missing"], {"names": list(names)})]


def may_create_roles(connection: Connection) -> bool:
    """Whether this connection's role may create roles."""
    row = connection.execute(_SQL["ability"]).fetchone()
    return row is not None and bool(row[0])


def creation_of(connection: Connection, passwords: Mapping[str, str]) -> list[str]:
    """The statements that create the roles in `passwords` and set their limits."""
    limited = [limit for limit in LIMITS if limit[0] in passwords]
    names, settings, values = zip(*limited, strict=True) if limited else ((), (), ())
    return [
        *_texts(connection, _SQL["creation"], _verifiers(connection, passwords)),
        *_texts(
            connection,
            _SQL["limits"],
            {"names": list(names), "settings": list(settings), "values": list(values)},
        ),
    ]


def database_rights_of(connection: Connection) -> list[str]:
    """The statements that open this connection's database to the services only."""
    parameters = {"names": list(ROLES.values()), "temporary": list(TEMPORARY)}
    return _texts(connection, _SQL["database_rights"], parameters)


def make_roles(
    connection: Connection, passwords: Mapping[str, str], *, renews: bool = False
) -> list[str]:
    """Create the roles in `passwords` that are missing; return their names.

    `renews`: set the passwords of the existing ones too. Raises psycopg.Error if the connection's
    role may not.
    """
    with connection.transaction():
        connection.execute(_SQL["lock"])
        missing = missing_roles(connection, passwords)
        created = {name: passwords[name] for name in missing}
        present = {name: word for name, word in passwords.items() if name not in created}
        _run(connection, creation_of(connection, created))
        if renews:
            _run(connection, _texts(connection, _SQL["renewal"], _verifiers(connection, present)))
    return missing


def set_database_rights(connection: Connection) -> None:
    """Open this connection's database to the services only.

    Safe to repeat; the caller must be the database's owner.
    """
    _run(connection, database_rights_of(connection))


def _verifiers(connection: Connection, passwords: Mapping[str, str]) -> dict[str, list[str]]:
    names = list(passwords)
    encrypted = [
        connection.pgconn.encrypt_password(
            passwords[name].encode(), name.encode(), b"scram-sha-256"
        ).decode()
        for name in names
    ]
    return {"names": names, "verifiers": encrypted}


def _texts(
    connection: Connection, statement: Statement, parameters: Mapping[str, object]
) -> list[str]:
    return [str(text) for (text,) in connection.execute(statement, parameters)]


def _run(connection: Connection, texts: Iterable[str]) -> None:
    for text in texts:
        connection.execute(text.encode())
