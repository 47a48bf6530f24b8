"""PostgreSQL's roles: one for each service, one for the command line, none of them privileged.

Rules: a service may do what its statements do and nothing else. Migrations grant rights on their
tables; here are the roles themselves, and what they may do in the database as a whole. The owner of
the database makes and drops tables and is no service's role. PostgreSQL is told a password's SCRAM
verifier, never the password, so that no log of the server has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.statement import Statement

#: Of databases that `up` makes itself. Elsewhere it is the role of DATABASE_URL.
OWNER = "storepulse_owner"
SERVICES = ("gateway", "agents", "delivery", "query", "operator")
ROLES: Mapping[str, str] = {service: f"storepulse_{service}" for service in SERVICES}
#: They stage rows in temporary tables.
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
    """Those of `names` that the server does not have."""
    return [str(name) for (name,) in connection.execute(_SQL["missing"], {"names": list(names)})]


def may_create_roles(connection: Connection) -> bool:
    """Whether this connection's role may make others."""
    row = connection.execute(_SQL["ability"]).fetchone()
    return row is not None and bool(row[0])


def creation_of(connection: Connection, passwords: Mapping[str, str]) -> list[str]:
    """The statements that make the roles of `passwords`, by name, and give each its limits."""
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
    """The statements that open this connection's database to the services, and to nobody else."""
    parameters = {"names": list(ROLES.values()), "temporary": list(TEMPORARY)}
    return _texts(connection, _SQL["database_rights"], parameters)


def make_roles(
    connection: Connection, passwords: Mapping[str, str], *, renews: bool = False
) -> list[str]:
    """Makes the roles of `passwords` that are missing; their names. `renews`: the others get these
    passwords as well. Raises psycopg.Error where the connection's role may not."""
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
    """Opens this connection's database to the services and closes it to everybody else. It may be
    repeated; to be called by the database's owner."""
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
