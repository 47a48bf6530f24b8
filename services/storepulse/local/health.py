"""Ask a service whether it is healthy.

A request has a short time limit and never raises. The first line of an unknown answer is passed on
to the caller. The home folder's key is sent only to a service that requires one.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from storepulse.access.keys import home_key
from storepulse.domain.health import DOWN, SERVING, STATUSES, Advice, Status

OK = 200
WANTS_KEY = 401


@dataclass(frozen=True)
class ServiceHealth:
    """A service's health. `detail` is what is wrong, in the service's own words if possible.

    `status` is the service's own word, or "down" if it gives none.
    """

    status: Status | Literal["down"]
    detail: str = ""
    advice: Sequence[Advice] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.status == "ready"

    @property
    def serves(self) -> bool:
        """Whether it works, possibly degraded."""
        return self.status in SERVING

    @property
    def is_started(self) -> bool:
        """Whether it works, or only waits for an operator."""
        return self.serves or self.status == "halted"


def ask(url: str, timeout: float = 2.0, home: Path | None = None) -> ServiceHealth:
    """GET `url`. Its body has the health; otherwise 200 means ready.

    `home`: the folder with the key, for services that may require one.
    """
    status, body = _get(url, timeout, "")
    if status == WANTS_KEY and home is not None and (key := home_key(home)):
        status, body = _get(url, timeout, key)
    if status is None:
        return ServiceHealth("down", body, (DOWN,))
    health = _health_in(body)
    if health is not None:
        return health
    if status == OK:
        return ServiceHealth("ready")
    first = body.splitlines()[0] if body else ""
    return ServiceHealth("down", f"answers {status} {first[:200]}".strip(), (DOWN,))


def _get(url: str, timeout: float, key: str) -> tuple[int | None, str]:
    """(status, start of the body), or (None, the reason why there is no answer)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path, headers={"X-Api-Key": key} if key else {})
        answer = connection.getresponse()
        body = answer.read(20_000).decode(errors="replace").strip()
    except ConnectionRefusedError:
        return None, "does not listen"
    except (OSError, http.client.HTTPException) as error:
        return None, str(error) or type(error).__name__
    finally:
        connection.close()
    return answer.status, body


def _health_in(body: str) -> ServiceHealth | None:
    """The health in a service's answer; None for any other answer."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("status") not in STATUSES:
        return None
    checks = document.get("checks")
    advice = [
        Advice(str(check["remedy"]), str(check["runbook"]))
        for check in (checks.values() if isinstance(checks, dict) else ())
        if isinstance(check, dict) and "remedy" in check and "runbook" in check
        if check["remedy"] is not None
    ]
    return ServiceHealth(document["status"], str(document.get("detail", "")), tuple(advice))
