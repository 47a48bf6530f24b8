"""Whether the gateway takes events, according to its parts.

It is ready while Kafka can be written, degraded while the spool takes events instead, and not ready
if neither does or if it requires keys that it has not loaded.
"""

from __future__ import annotations

from pathlib import Path

from storepulse.access.table_reader import TableReader
from storepulse.adapters.disk import check_disks
from storepulse.adapters.settings import Settings
from storepulse.domain.health import Check, Health, away_detail, health_of
from storepulse.gateway.key_checks import KeyChecks
from storepulse.gateway.publishing.broker_watch import BrokerWatch
from storepulse.gateway.spool.spool import Spool


class GatewayReadiness:
    """The gateway's health, computed on request."""

    def __init__(
        self,
        settings: Settings,
        broker: BrokerWatch,
        spool: Spool | None,
        tables: TableReader,
        checks: KeyChecks,
    ) -> None:
        self._broker = broker
        self._spool = spool
        self._tables = tables
        self._checks = checks
        self._folders: dict[str, Path] = {"home": settings.home}
        if spool is not None:
            self._folders["spool"] = spool.folder.path

    @property
    def is_spooling(self) -> bool:
        """Whether events go to the spool now."""
        return (
            not self._broker.is_writable
            and self._broker.is_known
            and self._spool is not None
            and not self._spool.unready_reason
        )

    def health(self) -> Health:
        """The gateway's current health."""
        return health_of(
            "gateway",
            [
                Check("keys", self._checks.unready_reason),
                Check("start", self._start_detail()),
                Check("kafka", self._kafka_detail()),
                Check("spool", self._spool_detail()),
                Check("database", self._database_detail()),
                check_disks(self._folders),
            ],
        )

    def _start_detail(self) -> str:
        is_known = self._broker.is_known or self._broker.fatal is not None
        return "" if is_known else "whether Kafka can be written is not known yet"

    def _kafka_detail(self) -> str:
        broker = self._broker
        return "" if broker.is_writable else f"Kafka cannot be written: {broker.unready_reason}"

    def _spool_detail(self) -> str:
        if self._spool is not None:
            return self._spool.unready_reason
        return "" if self._broker.is_writable else "the spool is off"

    def _database_detail(self) -> str:
        return away_detail("PostgreSQL", self._tables.database_fault)
