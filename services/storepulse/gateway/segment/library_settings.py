"""The settings that Segment's library for web pages requests before it sends.

They say where events go, and that there is nothing else to load. The form is `CDNSettings` of
https://github.com/segmentio/analytics-next. The library requests `<cdnURL>/v1/projects/<write
key>/settings`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from storepulse.domain.addresses import is_loopback_host

#: How long pages and proxies may cache them, in seconds.
KEPT_SECONDS = 60

_is_host = re.compile(
    r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?"
)


def library_settings(write_key: str, host: str) -> dict[str, Any]:
    """The settings for a write key.

    `host` is the request's; events go to it too, by https unless it is this machine.
    """
    segment: dict[str, Any] = {
        "apiKey": write_key,
        "addBundledMetadata": False,
        "unbundledIntegrations": [],
    }
    if _is_host.fullmatch(host):
        segment |= {"apiHost": f"{host}/v1", "protocol": "http" if _is_local(host) else "https"}
    return {
        "integrations": {"Segment.io": segment},
        "plan": {
            "track": {"__default": {"enabled": True, "integrations": {}}},
            "identify": {"__default": {"enabled": True}},
            "group": {"__default": {"enabled": True}},
        },
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        # Otherwise the library sends metrics about itself to Segment.
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def _is_local(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return is_loopback_host(name)
