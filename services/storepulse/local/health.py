"""Asking a service whether it is well.

Rules: a question has a short time limit and never raises; the answer of a service is its own
word, the first line of it is passed on to whoever waits.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

OK = 200


@dataclass(frozen=True)
class Health:
    """`detail` says what is wrong, in the service's own words where it has any.

    `started`: it does its work, also where some of it waits for a person.
    """

    well: bool
    detail: str = ""
    started: bool = False


def ask(url: str, timeout: float = 2.0) -> Health:
    """GET `url`; 200 means well."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read(20_000).decode(errors="replace").strip()
    except ConnectionRefusedError:
        return Health(False, "does not listen")
    except (OSError, http.client.HTTPException) as error:
        return Health(False, str(error) or type(error).__name__)
    finally:
        connection.close()
    if answer.status == OK:
        return Health(True, started=True)
    own = _own_words(body)
    if own is not None:
        return own
    first = body.splitlines()[0] if body else ""
    return Health(False, f"answers {answer.status} {first[:200]}".strip())


def _own_words(body: str) -> Health | None:
    """What a service says that is not well and can tell why; None for every other answer."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("detail"), str):
        return None
    return Health(False, told["detail"], started=told.get("status") == "halted")
