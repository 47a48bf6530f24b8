"""Asking a service whether it is well.

Rules: a question has a short time limit and never raises; the answer of a service is its own
word, the first line of it is passed on to whoever waits.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

OK = 200


@dataclass(frozen=True)
class Health:
    """`detail` says what is wrong, in the service's own words where it has any."""

    well: bool
    detail: str = ""


def ask(url: str, timeout: float = 2.0) -> Health:
    """GET `url`; 200 means well."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace").strip()
    except ConnectionRefusedError:
        return Health(False, "does not listen")
    except (OSError, http.client.HTTPException) as error:
        return Health(False, str(error) or type(error).__name__)
    finally:
        connection.close()
    if answer.status == OK:
        return Health(True)
    first = body.splitlines()[0] if body else ""
    return Health(False, f"answers {answer.status} {first[:200]}".strip())
