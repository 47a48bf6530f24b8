"""The services' roles in an external database; DATABASE_URL names its owner.

If the owner may create roles, they are created with passwords that this installation stores.
Otherwise an administrator creates them from the output of `storepulse migrate roles --print`. Roles
that were created elsewhere are not changed.
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
    """Create missing roles; return a line that says which roles the services use.

    Raises Misconfigured if roles are missing and this role may not create them, or if they have
    other passwords than the stored ones; Transient if the server is away.
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
    """The services' roles that are missing, and whether DATABASE_URL's role may create them.

    Raises Transient if the server is away.
    """
    try:
        with connect(settings.dsn, _SESSION) as connection:
            return roles.missing_roles(connection), roles.may_create_roles(connection)
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def printed_roles(settings: Settings) -> list[str]:
    """The statements that create the roles and open the database to them.

    Their passwords are stored. Raises Transient if the server is away.
    """
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
    """Passwords of the services' roles on the server of `settings`, created if none are stored."""
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
            # The role has no access to the database yet; migrations grant it.
            return
        raise Misconfigured(
            "DATABASE_URL", f"its server knows other passwords of the roles than this home: {PRINT}"
        ) from error
