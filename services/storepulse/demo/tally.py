"""Counts the beacons' outcomes by store, stream and type, for the manifest of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from storepulse.demo.beacons import BeaconRequest
from storepulse.demo.shops import Shop

MOST_COMPLAINTS = 20
#: In display order. sent = accepted + malformed + unknown + unexpected, and
#: accepted = fresh + duplicates + conflicts.
COLUMNS = (
    "sent", "accepted", "fresh", "duplicates", "conflicts", "malformed", "unknown", "unexpected",
)  # fmt: skip
_NAMES = {
    "fresh": "fresh", "duplicate": "duplicates", "conflict": "conflicts", "malformed": "malformed",
}  # fmt: skip

Counts = Counter[str]


@dataclass
class BeaconTally:
    """Counts of one run. A beacon that a client retried counts once."""

    totals: Counts = field(default_factory=Counter)
    stores: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counter))
    streams: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counter))
    types: dict[str, dict[str, Counts]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    store_streams: dict[str, dict[str, Counts]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    requests: int = 0
    retries: int = 0
    #: Attempts without an answer, which the server may have taken: retries may add duplicates.
    unanswered: int = 0
    complaints: list[dict[str, Any]] = field(default_factory=list)

    def count_answered(self, request: BeaconRequest) -> None:
        """Counts a request whose beacons got the expected answers."""
        for entry in request.entries:
            names = ["sent", _NAMES[entry.outcome]]
            if entry.outcome != "malformed":
                names.append("accepted")
            self._count(entry.store_id, entry.stream, entry.kind, names)

    def count_failed(self, request: BeaconRequest, name: str, reason: str) -> None:
        """Counts a request without any answer (`unknown`), or with a wrong one (`unexpected`)."""
        for entry in request.entries:
            self._count(entry.store_id, entry.stream, entry.kind, ["sent", name])
        self.complain(request, reason)

    def complain(self, request: BeaconRequest, reason: str) -> None:
        """Notes a wrong answer. The manifest has the first `MOST_COMPLAINTS`."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(
                {
                    "path": request.path,
                    "reason": reason,
                    "body": request.body()[:2_000].decode("utf-8", "backslashreplace"),
                }
            )

    def _count(self, store: str, stream: str, kind: str, names: list[str]) -> None:
        for counts in (
            self.totals,
            self.stores[store],
            self.streams[stream],
            self.types[stream][kind],
            self.store_streams[store][stream],
        ):
            counts.update(names)

    @property
    def is_as_expected(self) -> bool:
        return not (self.totals["unknown"] or self.totals["unexpected"] or self.complaints)

    def document(self, shops: list[Shop]) -> dict[str, Any]:
        """The counts for the manifest."""
        domains = {shop.store_id: shop.domain for shop in shops}
        return {
            "requests": self.requests,
            "retries": self.retries,
            "unanswered": self.unanswered,
            "totals": _row(self.totals),
            "stores": {
                store: {
                    "domain": domains[store],
                    **_row(counts),
                    "streams": {s: _row(c) for s, c in sorted(self.store_streams[store].items())},
                }
                for store, counts in sorted(self.stores.items())
            },
            "streams": {
                stream: {
                    **_row(counts),
                    "types": {k: _row(c) for k, c in sorted(self.types[stream].items())},
                }
                for stream, counts in sorted(self.streams.items())
            },
            "complaints": self.complaints,
        }


def _row(counts: Counts) -> dict[str, int]:
    return {name: counts[name] for name in COLUMNS}
