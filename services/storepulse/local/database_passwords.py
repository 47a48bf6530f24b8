"""Passwords of PostgreSQL roles that this installation created: `<home>/secrets/postgres.json`.

Passwords are stored before the roles are created, so that a kill between the two loses nothing.
Those of the embedded server are stored as "embedded", those of the server in DATABASE_URL under its
address. An identity without a password here uses the role in DATABASE_URL.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from storepulse.adapters.postgres.roles import ROLES
from storepulse.local.secret_files import read_secrets, write_secrets

SYSTEM = "postgres"
EMBEDDED = "embedded"


@dataclass(frozen=True)
class RolePasswords:
    """Passwords by role.

    `owner` is the role for migrations; its password is here only if we created it. `address` is
    host:port.
    """

    address: str
    owner: str
    passwords: Mapping[str, str]

    def url_for(self, role: str, url: str) -> str:
        """`url` with this role and its password, otherwise unchanged."""
        password = self.passwords.get(role)
        return url if password is None else with_account(url, role, password)


def passwords_for(home: Path, name: str) -> RolePasswords | None:
    """The passwords stored under a name: EMBEDDED or an address."""
    entry = read_secrets(home, SYSTEM).get(name)
    return RolePasswords(**entry) if entry else None


def keep_passwords(home: Path, name: str, kept: RolePasswords) -> None:
    """Store passwords under a name."""
    write_secrets(home, SYSTEM, read_secrets(home, SYSTEM) | {name: asdict(kept)})


def ensure_passwords(
    home: Path, name: str, *, address: str, owner: str, roles: Iterable[str]
) -> RolePasswords:
    """Passwords for `roles`: stored ones, and new ones for the others, which are stored too."""
    known = passwords_for(home, name)
    passwords = dict(known.passwords) if known else {}
    for role in roles:
        passwords.setdefault(role, secrets.token_urlsafe(24))
    wanted = RolePasswords(address, owner, passwords)
    if wanted != known:
        keep_passwords(home, name, wanted)
    return wanted


def passwords_behind(home: Path, url: str) -> RolePasswords | None:
    """The passwords of the server in `url`, if `url` names its owner or a service's role.

    A URL with another role is meant to be used with that role.
    """
    address, role = address_of(url), role_of(url)
    for entry in read_secrets(home, SYSTEM).values():
        kept = RolePasswords(**entry)
        if kept.address == address and role in (kept.owner, *ROLES.values()):
            return kept
    return None


def address_of(url: str) -> str:
    """host:port of a connection string."""
    parts = _parts(url)
    return f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"


def role_of(url: str) -> str:
    """The role in a connection string; "" if there is none."""
    return str(_parts(url).get("user") or "")


def with_account(url: str, role: str, password: str) -> str:
    """A connection string with another role and its password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return make_conninfo(url, user=role, password=password)
    head, slash, tail = rest.partition("/")
    address = head.rpartition("@")[2]
    return f"{scheme}://{quote(role, safe='')}:{quote(password, safe='')}@{address}{slash}{tail}"


def _parts(url: str) -> dict[str, object]:
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:  # reported by the caller that connects
        return {}
