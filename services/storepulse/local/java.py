"""The Java runtime and Maven that the embedded Kafka needs.

Finds them, checks their versions, and knows the command that installs them. Only as root on a
system with apt-get does it install them; otherwise the error has the command.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storepulse.domain.errors import Misconfigured

#: Kafka 4 brokers are compiled for this release.
LEAST_JAVA = 17
JAVA_PACKAGES = ("openjdk-17-jre-headless", "default-jre-headless")
MAVEN_PACKAGES = ("maven",)


@dataclass(frozen=True)
class Java:
    """A Java runtime: its program, its release number, and a digest of its exact build."""

    program: Path
    release: int
    build: str


def find_java(environ: Mapping[str, str]) -> Java | None:
    """The runtime of JAVA_HOME, else of the PATH; None if neither is at least LEAST_JAVA."""
    home = environ.get("JAVA_HOME", "")
    candidates = [str(Path(home, "bin", "java"))] if home else []
    for candidate in [*candidates, shutil.which("java", path=environ.get("PATH")) or ""]:
        if candidate and os.access(candidate, os.X_OK):
            java = inspect(Path(candidate))
            if java is not None and java.release >= LEAST_JAVA:
                return java
    return None


def inspect(program: Path) -> Java | None:
    """Run `java -version`; None if that fails (macOS has a stub that only complains)."""
    answer = subprocess.run(
        [str(program), "-version"], capture_output=True, text=True, timeout=60, check=False
    )
    return parse_version(program, answer.stderr) if answer.returncode == 0 else None


def parse_version(program: Path, text: str) -> Java | None:
    """Parse the output of `java -version`; releases before 9 call themselves 1.x."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    if match is None:
        return None
    build = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Java(program, int(match.group(1)), build)


def find_maven(environ: Mapping[str, str]) -> Path | None:
    """The program mvn on the PATH, or None."""
    program = shutil.which("mvn", path=environ.get("PATH"))
    return Path(program) if program else None


def may_install() -> bool:
    """Whether we can install system packages: as root, with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_line(packages: tuple[str, ...]) -> str:
    """The command that installs the first of `packages` on this system."""
    if shutil.which("brew"):
        return "brew install " + (
            "maven" if packages == MAVEN_PACKAGES else f"openjdk@{LEAST_JAVA}"
        )
    prefix = "" if os.geteuid() == 0 else "sudo "
    if shutil.which("dnf"):
        name = "maven" if packages == MAVEN_PACKAGES else f"java-{LEAST_JAVA}-openjdk-headless"
        return f"{prefix}dnf install -y {name}"
    return f"{prefix}apt-get install -y {packages[0]}"


def require_java(environ: Mapping[str, str], tell: Callable[[str], None]) -> Java:
    """A suitable runtime, installed if allowed. Raises Misconfigured with the install command."""
    java = find_java(environ)
    if java is None and install(JAVA_PACKAGES, environ, tell):
        java = find_java(environ)
    if java is None:
        raise Misconfigured(
            "Java",
            f"release {LEAST_JAVA} or newer is missing; install it with: "
            + install_line(JAVA_PACKAGES),
        )
    return java


def require_maven(environ: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """Maven, installed if allowed. Raises Misconfigured with the install command."""
    maven = find_maven(environ)
    if maven is None and install(MAVEN_PACKAGES, environ, tell):
        maven = find_maven(environ)
    if maven is None:
        raise Misconfigured(
            "Maven", f"mvn is missing; install it with: {install_line(MAVEN_PACKAGES)}"
        )
    return maven


def install(
    packages: tuple[str, ...], environ: Mapping[str, str], tell: Callable[[str], None]
) -> bool:
    """Install the first available one of `packages`. False if we may not or none is available."""
    if not may_install():
        return False
    environment = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    for attempt in range(2):
        for package in packages:
            tell(f"installing {package} with apt-get")
            result = subprocess.run(
                ["apt-get", "install", "-y", "-q", "--no-install-recommends", package],
                env=environment,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
            if result.returncode == 0:
                return True
        if attempt == 0:  # a new image has no package lists, an old one outdated ones
            subprocess.run(
                ["apt-get", "update", "-q"],
                env=environment,
                capture_output=True,
                timeout=300,
                check=False,
            )
    tell(f"apt-get cannot install any of {', '.join(packages)}")
    return False
