"""Results of audits in the table `audits`; the console shows the newest."""

from __future__ import annotations

from typing import Literal

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.exactness.audit import Audit

Part = Literal["ledger", "tables", "recount"]
#: Most findings that are stored of an audit.
MOST_FINDINGS = 100
_SQL = named_sql(
    "exactness/audit_log", add="part accepted applied duplicates dead in_flight findings"
)


def add_audit(connection: Connection, audit: Audit, part: Part) -> None:
    """Store an audit of `part`, with its sums over all streams. Raises psycopg.Error."""
    sums = {
        name: sum(counts[name] for counts in audit.totals().values())
        for name in ("accepted", "applied", "duplicate", "dead", "in_flight")
    }
    sums["duplicates"] = sums.pop("duplicate")
    findings = audit.findings[:MOST_FINDINGS]
    connection.execute(_SQL["add"], {**sums, "part": part, "findings": findings})


def begin_if_due(connection: Connection, seconds: float) -> bool:
    """Whether the last audit is at least `seconds` old and nobody else is starting one. If so,
    this connection holds the lock until it is closed. Raises psycopg.Error."""
    row = connection.execute(_SQL["begin_if_due"], {"seconds": seconds}).fetchone()
    return row is not None and bool(row[0])
