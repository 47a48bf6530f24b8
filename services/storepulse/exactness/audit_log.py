"""What audits found, kept in the table `audits`: the newest one is what the console shows."""

from __future__ import annotations

from typing import Literal

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.exactness.audit import Audit

Part = Literal["ledger", "tables", "recount"]
#: Findings that are kept of an audit.
MOST_FINDINGS = 100
_SQL = named_sql(
    "exactness/audit_log", add="part accepted applied duplicates dead in_flight findings"
)


def add_audit(connection: Connection, audit: Audit, part: Part) -> None:
    """Enters an audit of `part`, with its sums over all streams. Raises psycopg.Error."""
    sums = {
        name: sum(counts[name] for counts in audit.totals().values())
        for name in ("accepted", "applied", "duplicate", "dead", "in_flight")
    }
    sums["duplicates"] = sums.pop("duplicate")
    findings = audit.findings[:MOST_FINDINGS]
    connection.execute(_SQL["add"], {**sums, "part": part, "findings": findings})


def begin_if_due(connection: Connection, seconds: float) -> bool:
    """Whether no audit is so young, and nobody else begins one: this connection holds the right to
    it until it is closed. Raises psycopg.Error."""
    row = connection.execute(_SQL["begin_if_due"], {"seconds": seconds}).fetchone()
    return row is not None and bool(row[0])
