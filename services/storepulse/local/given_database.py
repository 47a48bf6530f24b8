"""The services' roles in a database that is not ours: DATABASE_URL names its owner.

Rules: an owner that may create roles has them made, with passwords that this installation keeps.
For one that may not, an administrator makes them from what `storepulse migrate roles --print`
prints. Roles that were made elsewhere are left alone.
"""

from __future__ import annotations

import psycopg

from storepulse.adapters.postgres import roles
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.local.database_passwords import (
    RolePasswords,
    address_of,
    ensure_passwords,
    passwords_for,
    role_of,
)

_SESSION = SessionOptions(name="storepulse-roles", connect_seconds=10)
PRINT = "have an administrator run what `storepulse migrate roles --print` prints"


def ensure_roles(settings: Settings) -> str:
    """Makes the roles where they are missing; one line that says with which the services work.

    Raises Misconfigured where they are missing and this role may not make them, or where they have
    other passwords than those that are kept; Transient where the server is away.
    """
    kept = passwords_for(settings.home, address_of(settings.dsn))
    try:
        with connect(settings.dsn, _SESSION) as connection:
            missing = roles.missing_roles(connection)
            if missing and not roles.may_create_roles(connection):
                names = ", ".join(missing)
                raise Misconfigured("DATABASE_URL", f"its role may not create {names}: {PRINT}")
            if missing and kept is None and len(missing) < len(roles.ROLES):
                return _shared_account(settings)
            if missing:
                roles.make_roles(connection, keep_new_passwords(settings).passwords)
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
    if not missing and kept is None:
        return _shared_account(settings)
    _try_password(settings)
    return "each service has a PostgreSQL role of its own"


def missing_roles_of(settings: Settings) -> tuple[list[str], bool]:
    """The services' roles that the server does not have, and whether DATABASE_URL's may make them.

    Raises Transient where the server is away.
    """
    try:
        with connect(settings.dsn, _SESSION) as connection:
            return roles.missing_roles(connection), roles.may_create_roles(connection)
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def printed_roles(settings: Settings) -> list[str]:
    """The statements that make the roles and open the database to them; their passwords are kept
    from now on. Raises Transient where the server is away."""
    try:
        with connect(settings.dsn, _SESSION) as connection:
            passwords = keep_new_passwords(settings).passwords
            return [
                *roles.creation_of(connection, passwords),
                *roles.database_rights_of(connection),
            ]
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def keep_new_passwords(settings: Settings) -> RolePasswords:
    """Passwords of the services' roles at the server of `settings`, made where none are kept."""
    address = address_of(settings.dsn)
    return ensure_passwords(
        settings.home,
        address,
        address=address,
        owner=role_of(settings.dsn),
        roles=roles.ROLES.values(),
    )


def _shared_account(settings: Settings) -> str:
    return (
        f"every service works as {role_of(settings.dsn)}: PostgreSQL's roles were made elsewhere, "
        "their passwords are not in this home"
    )


def _try_password(settings: Settings) -> None:
    kept = passwords_for(settings.home, address_of(settings.dsn))
    url = settings.dsn if kept is None else kept.url_for(roles.ROLES["operator"], settings.dsn)
    try:
        connect(url, _SESSION).close()
    except psycopg.OperationalError as error:
        if "authentication" not in str(error):
            # Not yet let into the database: migrations do that.
            return
        raise Misconfigured(
            "DATABASE_URL", f"its server knows other passwords of the roles than this home: {PRINT}"
        ) from error
