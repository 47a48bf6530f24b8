"""A client's settings and their validation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How a client queues and sends, in seconds and bytes."""

    url: str
    key: str
    #: The maximum number of events in memory; further ones are dropped and counted.
    most_events: int = 10_000
    #: The maximum number of events in a request, and how long the first one waits for others.
    batch_events: int = 100
    interval: float = 1.0
    #: The time limit of one request.
    request_seconds: float = 15.0
    #: The longest pause between two attempts, unless the gateway states one.
    longest_wait: float = 60.0
    #: How long the end of the process waits for unsent events.
    exit_seconds: float = 2.0
    spool: Path | None = None
    spool_bytes: int = 64 * 1024 * 1024
    proxy: str | None = None


def trimmed_text(text: object) -> str:
    """A setting without surrounding whitespace, which files with secrets often have."""
    return text.strip() if isinstance(text, str) else ""


def fault_of(settings: ClientSettings) -> str | None:
    """What is wrong with the address or the key; None if nothing is."""
    try:
        address = urlsplit(settings.url)
        # Reading the port raises ValueError if it is not a number.
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
    """The folder of a spool; None if there is none."""
    return Path(folder) if folder else None
