"""Kafka's jars in a per-user cache that all checkouts on a machine share.

Owns `$XDG_CACHE_HOME/storepulse/kafka-<version>/`. A cache folder is complete or absent (filled
aside, then renamed). Its name depends on every pinned version, so that a changed pom.xml does not
use old jars.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storepulse.domain.errors import Transient
from storepulse.local import java as java_runtime

#: A symbolic link to deploy/kafka in a checkout, a folder of package data in a wheel.
FOLDER = Path(__file__).with_name("kafka")
POM = FOLDER / "pom.xml"


@dataclass(frozen=True)
class Jars:
    """A filled cache folder."""

    folder: Path

    @property
    def classpath(self) -> str:
        """Sorted, because the class archive is valid for a single order."""
        return ":".join(str(jar) for jar in sorted(self.folder.glob("*.jar")))


def version() -> str:
    """Kafka's version, as pinned in pom.xml."""
    pinned = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM.read_text())
    if pinned is None:
        raise ValueError(f"{POM} pins no kafka.version")
    return pinned.group(1)


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The cache folder for this pom.xml; it need not exist."""
    root = environ.get("XDG_CACHE_HOME", "")
    base = Path(root) if root else Path(environ.get("HOME", "~")).expanduser() / ".cache"
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:8]
    return base / "storepulse" / f"kafka-{version()}-{digest}"


def find(environ: Mapping[str, str]) -> Jars | None:
    """The cached jars, or None."""
    folder = cache_folder(environ)
    return Jars(folder) if folder.is_dir() else None


def ensure(environ: Mapping[str, str], tell: Callable[[str], None]) -> Jars:
    """The jars, fetched with Maven at the first call on a machine (44 MB). Raises Transient."""
    present = find(environ)
    if present is not None:
        return present
    maven = java_runtime.require_maven(environ, tell)
    target = cache_folder(environ)
    target.parent.mkdir(parents=True, exist_ok=True)
    tell(f"fetching Apache Kafka {version()} with Maven (once on this machine)")
    # Beside the target, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as aside:
        jars = Path(aside, "jars")
        result = subprocess.run(
            [
                str(maven),
                "-B",
                "-q",
                "-f",
                str(POM.resolve()),
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={jars}",
            ],
            env=dict(environ),
            cwd=aside,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        if result.returncode != 0 or not jars.is_dir():
            raise Transient(
                f"Maven cannot fetch Kafka: {_first_error(result.stdout + result.stderr)}"
            )
        try:
            jars.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another checkout was faster
                raise
            shutil.rmtree(jars)
    return Jars(target)


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if "ERROR" in line]
    return lines[0].replace("[ERROR]", "").strip() if lines else "it says nothing about the cause"
