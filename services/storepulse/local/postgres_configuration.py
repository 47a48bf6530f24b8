"""The embedded PostgreSQL's configuration, tuned for slices of events on two cores.

Every line is valid from release 15 on. The file is written at each start, so that a newer
Storepulse applies its tuning to old data. Users' own settings go at the end of postgresql.conf.
"""

from __future__ import annotations

import locale as c_locale
import subprocess
from pathlib import Path

from storepulse.local.accounts import Account
from storepulse.local.postgres_programs import Programs

SETTINGS: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    # Memory: the whole stack idles within 1.5 GiB.
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # Writes: a 2xx and a committed slice survive a crash. Checkpoints are rare, because after each
    # one the first change of a page is logged as a full page, and the id index changes many pages.
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    # Many short statements on two cores: JIT and parallel plans cost more than they save.
    "jit": "off",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "random_page_cost": "1.1",
    # Rollup rows are updated all the time: small, frequent vacuums.
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "30s",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_vacuum_insert_scale_factor": "0.4",
    "autovacuum_analyze_scale_factor": "0.1",
    "autovacuum_vacuum_cost_limit": "1000",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_lock_waits": "on",
}

#: Tests only: data survives a kill of the server, but not a crash of the machine.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB"}


def configuration(
    port: int, programs: Programs, data: Path, account: Account | None, *, durable: bool
) -> str:
    """The text of storepulse.conf."""
    settings = {**SETTINGS, "port": str(port)}
    if knows_lz4(programs, data, account):
        settings["wal_compression"] = "lz4"
    if not durable:
        settings.update(NOT_DURABLE)
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def knows_lz4(programs: Programs, data: Path, account: Account | None) -> bool:
    """Whether this PostgreSQL was built with lz4; the older pglz costs more than it saves here."""
    # postgresql.conf includes this file, without which the command fails.
    (data / "storepulse.conf").touch(mode=0o644)
    command = [
        str(programs.postgres),
        "-D",
        str(data),
        "-c",
        "wal_compression=lz4",
        "-C",
        "wal_compression",
    ]
    if account:
        return account.run(command, folder=data).returncode == 0
    result = subprocess.run(command, cwd=data, capture_output=True, timeout=60, check=False)
    return result.returncode == 0


def locale() -> str:
    """C.UTF-8 if the system has it (it knows letters beyond ASCII), else C."""
    before = c_locale.setlocale(c_locale.LC_CTYPE)
    try:
        c_locale.setlocale(c_locale.LC_CTYPE, "C.UTF-8")
    except c_locale.Error:
        return "C"
    else:
        return "C.UTF-8"
    finally:
        c_locale.setlocale(c_locale.LC_CTYPE, before)
