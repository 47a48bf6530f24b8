"""Pages, and the hosts that visitors come from."""

from __future__ import annotations

import re

from storepulse.exactness.model.events import Event


def page_of(url: str) -> str:
    """Decoded, encoded again byte by byte, without slashes at the end; an escaped slash stays."""
    path = re.sub(r"^[^/?#]*|[?#].*", "", url.split("://", 1)[1], flags=re.DOTALL).encode()
    page = ""
    while path:
        escape = re.match(rb"%([0-9A-Fa-f]{2})", path)
        byte, path = (int(escape[1], 16), path[3:]) if escape else (path[0], path[1:])
        plain = chr(byte) if byte < 128 else ""
        kept = (plain.isalnum() or plain in tuple("-._~/:@!$&'()*+,;=")) and not (
            escape and plain == "/"
        )
        page += plain if kept else f"%{byte:02X}"
    return page.rstrip("/") or "/"


def counted_page(event: Event) -> str:
    """The page under which it counts: one that the gateway marked is one of the others."""
    return "(other)" if (event.get("folded") or 0) & 1 else page_of(event["page_url"])


def heatmap_selector(event: Event) -> str:
    return "(other)" if (event.get("folded") or 0) & 2 else event["selector"] or ""


def landing_page(event: Event) -> str:
    return "(other)" if (event.get("folded") or 0) & 4 else event["landing_page_id"]


def host_of(url: str | None) -> str | None:
    if not url:
        return None
    authority = re.split("[/?#]", url.split("://", 1)[1])[0]
    host = authority.rpartition("@")[2].lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return host.removeprefix("www.") or None
