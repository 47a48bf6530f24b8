"""Settings of a client, and which of them are wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How a client queues and sends. Seconds and bytes."""

    url: str
    key: str
    #: Events that wait in memory; further ones are dropped and counted.
    most_events: int = 10_000
    #: Events of a request at most, and how long the first of them waits for others.
    batch_events: int = 100
    interval: float = 1.0
    #: Of one request.
    request_seconds: float = 15.0
    #: Between two tries at most, where the gateway does not say.
    longest_wait: float = 60.0
    #: How long the end of the process waits for what is not sent yet.
    exit_seconds: float = 2.0
    spool: Path | None = None
    spool_bytes: int = 64 * 1024 * 1024
    proxy: str | None = None


def trimmed_text(text: object) -> str:
    """A setting without blanks and line ends around it, which files of secrets often have."""
    return text.strip() if isinstance(text, str) else ""


def fault_of(settings: ClientSettings) -> str | None:
    """What is wrong with the address or the key, in words; None where nothing is."""
    try:
        address = urlsplit(settings.url)
        # Asking for the port refuses one that is no number.
        is_address = (
            address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        )
    except ValueError:
        is_address = False
    if not is_address:
        return "url must be the gateway's address, such as https://events.shop.example"
    if not settings.key:
        return "key is missing"
    if not settings.key.isascii() or not settings.key.isprintable():
        return "key holds characters that no key has"
    return None


def spool_path(folder: str | os.PathLike[str] | None) -> Path | None:
    """The folder of a spool, None without one."""
    return Path(folder) if folder else None
