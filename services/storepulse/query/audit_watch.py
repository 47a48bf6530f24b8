"""Audits the ledger every hour, in one query service, so that the console has a recent audit.

It compares Kafka, the ledger and the dead letters. `storepulse audit` compares the tables too,
which takes a full scan.
"""

from __future__ import annotations

import asyncio

from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured
from storepulse.exactness.audit import audit_ledger
from storepulse.exactness.audit_log import add_audit, begin_if_due

log = logger()

#: How often to check whether an audit is due, and the age at which it is.
LOOK_SECONDS = 60.0
EVERY_SECONDS = 3600.0
#: The service's name in Kafka, which it has rights for.
CLIENT = "storepulse-query-audit"
_SESSION = SessionOptions(
    name="storepulse-audits", connect_seconds=5, statement_seconds=60, lock_seconds=5
)


async def watch_audits(settings: Settings, stop: asyncio.Event) -> None:
    """Audit whenever the newest audit is an hour old, until `stop` is set."""

    def look() -> None:
        audit_if_due(settings)

    await repeat(look, LOOK_SECONDS, stop, "ledger not audited")


def audit_if_due(settings: Settings, every_seconds: float = EVERY_SECONDS) -> bool:
    """Audit the ledger once, unless the last audit is recent or another service is auditing.
    Returns whether it did. Raises psycopg.Error and Transient."""
    with connect(settings.dsn, _SESSION) as connection:
        if not begin_if_due(connection, every_seconds):
            return False
        try:
            result = audit_ledger(settings, CLIENT)
        except Misconfigured as error:  # topics that do not exist yet
            log.warning("ledger not audited", reason=str(error))
            return False
        add_audit(connection, result, "ledger")
    if result.findings:
        log.error("the ledger does not add up", findings=result.findings[:5])
    return True
