"""The health of a service: from checks to a status, in words for people.

A failed check has a detail, a remedy and a runbook. EFFECTS maps failures to a service's status;
the worst one counts. `/readyz`, `storepulse status` and docs/operations.md agree, because all of
them use this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Service = Literal["gateway", "agents", "delivery", "query"]
CheckName = Literal[
    "kafka", "database", "keys", "spool", "disk", "start", "partitions", "destinations", "schema"
]
#: From best to worst. A service that is ready or degraded answers 200, else 503.
Status = Literal["ready", "degraded", "starting", "halted", "unready"]
STATUSES: tuple[Status, ...] = get_args(Status)
SERVING: tuple[Status, ...] = ("ready", "degraded")

#: Below this, writing is about to fail: embedded servers need space for their next files.
LEAST_FREE_BYTES = 64 * 2**20

#: The status of a service after a failed check. A service that is missing does not have the check.
EFFECTS: Mapping[CheckName, Mapping[Service, Status]] = {
    "kafka": {
        "gateway": "degraded",  # unready if the spool cannot take events either
        "agents": "unready",
        "delivery": "unready",
        "query": "degraded",
    },
    "database": {
        "gateway": "degraded",
        "agents": "unready",
        "delivery": "unready",
        "query": "unready",
    },
    "keys": {"gateway": "unready"},
    "spool": {"gateway": "degraded"},
    "disk": {"gateway": "degraded", "delivery": "degraded"},
    "start": {"gateway": "starting", "agents": "starting", "delivery": "starting"},
    "partitions": {"agents": "halted", "delivery": "halted"},
    "destinations": {"delivery": "degraded"},
    "schema": {"query": "unready"},
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a failed check, and the page with details."""

    remedy: str
    runbook: str


ADVICE: Mapping[CheckName, Advice] = {
    "kafka": Advice("start Kafka, or repair the way to it", "docs/runbooks/server-unreachable.md"),
    "database": Advice(
        "start PostgreSQL, or repair the way to it", "docs/runbooks/server-unreachable.md"
    ),
    "keys": Advice(
        "start PostgreSQL: the gateway reads its keys there", "docs/runbooks/server-unreachable.md"
    ),
    "spool": Advice(
        "bring Kafka back, and free the spool's disk", "docs/runbooks/spool-filling.md"
    ),
    "disk": Advice("free some space", "docs/runbooks/disk-full.md"),
    "start": Advice("wait a moment; else read its log", "docs/runbooks/service-down.md"),
    "partitions": Advice(
        "repair the producer or deploy code that knows the schema, and restart; to set the records"
        " aside as dead letters instead, start with STOREPULSE_DEAD_LETTER_HALT_RATIO=1",
        "docs/runbooks/partition-halted.md",
    ),
    "destinations": Advice(
        "repair the receiver; `storepulse destinations show NAME` says what it answered",
        "docs/runbooks/delivery-breaker-open.md",
    ),
    "schema": Advice("run `storepulse migrate up`", "docs/runbooks/server-unreachable.md"),
}
#: For disabled destinations, if none is unreachable.
DISABLED_DESTINATION = Advice(
    "`storepulse destinations show NAME` says what it answered; remove or resume the destination",
    "docs/runbooks/delivery-destination-disabled.md",
)
#: For a process that does not answer at all.
DOWN = Advice("read its log; `storepulse up` starts it again", "docs/runbooks/service-down.md")


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `detail` says what is wrong, or is empty.

    `own_advice`: what to do in this case, if it differs from ADVICE.
    """

    name: CheckName
    detail: str = ""
    own_advice: Advice | None = None

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.detail

    @property
    def advice(self) -> Advice:
        """What to do if it fails."""
        return self.own_advice or ADVICE[self.name]


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a service."""

    status: Status
    checks: Sequence[Check]

    @property
    def serves(self) -> bool:
        """Whether it does its work, perhaps partly."""
        return self.status in SERVING

    @property
    def http_status(self) -> int:
        """The status code of `/readyz`."""
        return 200 if self.serves else 503

    @property
    def detail(self) -> str:
        """Everything that is wrong, in one line."""
        return "; ".join(check.detail for check in self.checks if not check.is_ok)

    def as_dict(self) -> dict[str, Any]:
        """The body of `/readyz`."""
        return {
            "status": self.status,
            "detail": self.detail,
            "checks": {check.name: _document_of(check) for check in self.checks},
        }


def health_of(service: Service, checks: Sequence[Check]) -> Health:
    """The health of a service with these check results."""
    failed = {check.name for check in checks if not check.is_ok}
    statuses = [EFFECTS[name][service] for name in failed]
    if service == "gateway" and {"kafka", "spool"} <= failed:
        statuses.append("unready")
    return Health(max(statuses, key=STATUSES.index, default="ready"), checks)


def disk_detail(folder: str, free_bytes: int) -> str:
    """What is wrong with the disk of a folder; empty if there is enough space."""
    if free_bytes >= LEAST_FREE_BYTES:
        return ""
    return f"the disk of {folder} is full: {free_bytes / 2**20:.0f} MiB are free"


def away_detail(server: str, fault: str) -> str:
    """What is wrong with a server, given its fault; empty without a fault."""
    return f"{server} is away: {fault}" if fault else ""


def _document_of(check: Check) -> dict[str, Any]:
    if check.is_ok:
        return {"ok": True, "detail": ""}
    return {
        "ok": False,
        "detail": check.detail,
        "remedy": check.advice.remedy,
        "runbook": check.advice.runbook,
    }
