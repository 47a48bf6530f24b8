"""The roles of a run's databases, as `storepulse up` makes them: the owner and the services.

A server's roles belong to all its databases, and several runs may share a server. So passwords
follow from the administrator's: every run comes to the same ones.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from storepulse.adapters.postgres import roles
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.local.database_passwords import (
    RolePasswords,
    address_of,
    keep_passwords,
    with_account,
)

_SESSION = SessionOptions(name="storepulse-runs")


def passwords_at(admin_url: str) -> RolePasswords:
    """The passwords of the owner and of each service at a server."""
    secret = str(conninfo_to_dict(admin_url).get("password") or "").encode()
    passwords = {
        role: hmac.new(secret, role.encode(), hashlib.sha256).hexdigest()[:32]
        for role in (roles.OWNER, *roles.ROLES.values())
    }
    return RolePasswords(address_of(admin_url), roles.OWNER, passwords)


def make_roles(admin_url: str) -> None:
    """Makes the roles, or gives them these passwords."""
    with connect(admin_url, _SESSION) as connection:
        roles.make_roles(connection, passwords_at(admin_url).passwords, renews=True)


def owner_url(admin_url: str, url: str) -> str:
    """`url`, a database of that server, as its owner."""
    return with_account(url, roles.OWNER, passwords_at(admin_url).passwords[roles.OWNER])


def hand_out(home: Path, admin_url: str, addresses: Iterable[str] = ()) -> None:
    """Keeps the passwords in a home, so that services with its settings work with their roles.
    `addresses`: others at which the server is reached."""
    kept = passwords_at(admin_url)
    home.mkdir(parents=True, exist_ok=True)
    for address in (kept.address, *addresses):
        keep_passwords(home, address, RolePasswords(address, kept.owner, kept.passwords))


def open_to_services(url: str) -> None:
    """What a copy of a database lacks: who may enter it."""
    with psycopg.connect(url, autocommit=True) as connection:
        roles.set_database_rights(connection)
