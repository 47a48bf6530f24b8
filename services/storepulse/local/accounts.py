"""The operating-system account for a program that refuses to run as root.

Chooses an existing account, and finds out by trying what it can reach. No account is created, and
the modes of other folders are not changed.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from storepulse.domain.errors import Misconfigured

#: In this order: Debian's PostgreSQL account, else the one that owns nothing.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account to run a program as."""

    name: str
    uid: int
    gid: int

    def run(
        self, command: list[str], *, folder: Path | str = "/", timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end as this account, with its output captured."""
        return subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can make `folder` its working directory, which depends on every
        parent."""
        try:
            return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0
        except PermissionError:
            return False

    def can_run(self, program: Path) -> bool:
        """Whether this account can start `program` (tried with --version)."""
        try:
            return self.run([str(program), "--version"]).returncode == 0
        except PermissionError:
            return False


def find_unprivileged() -> Account | None:
    """The account for PostgreSQL; None if we are not root and need none. Raises Misconfigured."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured(
        "PostgreSQL", f"refuses to run as root, and no account of {CANDIDATES} exists"
    )


def give(path: Path, account: Account | None) -> None:
    """Give `path` and everything below it to the account. None changes nothing."""
    if account is None:
        return
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            give(child, account)
