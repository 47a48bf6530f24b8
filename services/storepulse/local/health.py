"""Asking a service whether it is healthy.

Rules: a question has a short time limit and never raises; the answer of a service is its own
word, the first line of it is passed on to whoever waits. The home folder's key is sent only to a
service that asks for one.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storepulse.access.keys import home_key

OK = 200
WANTS_KEY = 401


@dataclass(frozen=True)
class ServiceHealth:
    """`detail` says what is wrong, in the service's own words where it has any.

    `is_started`: it does its work, also where some of it waits for a person.
    """

    is_healthy: bool
    detail: str = ""
    is_started: bool = False


def ask(url: str, timeout: float = 2.0, home: Path | None = None) -> ServiceHealth:
    """GET `url`; 200 means healthy. `home`: the folder with the key, where one may be asked for."""
    status, body = _get(url, timeout, "")
    if status == WANTS_KEY and home is not None and (key := home_key(home)):
        status, body = _get(url, timeout, key)
    if status == OK:
        return ServiceHealth(True, is_started=True)
    if status is None:
        return ServiceHealth(False, body)
    health = _health_in(body)
    if health is not None:
        return health
    first = body.splitlines()[0] if body else ""
    return ServiceHealth(False, f"answers {status} {first[:200]}".strip())


def _get(url: str, timeout: float, key: str) -> tuple[int | None, str]:
    """(status, the first of the body), or (None, why there is no answer)."""
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
    """What a service says that is not healthy and can tell why; None for every other answer."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("detail"), str):
        return None
    return ServiceHealth(False, document["detail"], is_started=document.get("status") == "halted")
