"""An audit of the ledger every hour, by one query service, so that the console has a fresh one.

It holds Kafka, the ledger and the dead letters together; tables are held against it by
`storepulse audit`, which reads them all.
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

#: How often this looks whether an audit is due, and how old the newest one may be.
LOOK_SECONDS = 60.0
EVERY_SECONDS = 3600.0
#: What the service calls itself to Kafka: it has the right to this name.
CLIENT = "storepulse-query-audit"
_SESSION = SessionOptions(
    name="storepulse-audits", connect_seconds=5, statement_seconds=60, lock_seconds=5
)


async def watch_audits(settings: Settings, stop: asyncio.Event) -> None:
    """Audits whenever the newest audit is an hour old, until `stop`."""

    def look() -> None:
        audit_if_due(settings)

    await repeat(look, LOOK_SECONDS, stop, "ledger not audited")


def audit_if_due(settings: Settings, every_seconds: float = EVERY_SECONDS) -> bool:
    """Audits the ledger once, unless an audit is young or another service is at it; whether it did.
    Raises psycopg.Error and Transient."""
    with connect(settings.dsn, _SESSION) as connection:
        if not begin_if_due(connection, every_seconds):
            return False
        try:
            result = audit_ledger(settings, CLIENT)
        except Misconfigured as error:  # topics that are still to be made
            log.warning("ledger not audited", reason=str(error))
            return False
        add_audit(connection, result, "ledger")
    if result.findings:
        log.error("the ledger does not add up", findings=result.findings[:5])
    return True
