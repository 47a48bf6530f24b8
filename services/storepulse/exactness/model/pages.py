"""Pages, and the hosts that visitors come from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from storepulse.exactness.model.events import Event


def page_of(url: str, patterns: Sequence[str] = ()) -> str:
    """The path, decoded and re-encoded byte by byte, without trailing slashes; an escaped slash
    stays. If a pattern matches it, the first such pattern."""
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
    page = page.rstrip("/") or "/"
    return next((p for p in patterns if _stands_for(p, page)), page)


def _stands_for(pattern: str, page: str) -> bool:
    """Whether a pattern matches. A star matches one segment; at the end, one or more."""
    parts = [re.escape(part) if part != "*" else "[^/]+" for part in pattern.split("/")]
    if pattern.endswith("*"):
        parts[-1] += ".*"
    return re.fullmatch("/".join(parts), page, re.DOTALL) is not None


def counted_page(event: Event) -> str:
    """The page that it counts under; (other) if the gateway marked it as folded."""
    if (event.get("folded") or 0) & 1:
        return "(other)"
    return event.get("page") or page_of(event["page_url"], event.get("page_patterns") or ())


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
