"""The version of Meta's Graph API that a destination speaks to.

Meta brings a new version about twice a year and ends the Marketing API of an old one after about
one. A request to a version that has ended is answered with error 2635, whatever its events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ENDPOINT = "https://graph.facebook.com"
#: What a destination speaks to that names no version.
CURRENT = "v26.0"
#: Versions below are about to end, or have ended.
OLDEST = (25, 0)

is_version = re.compile(r"v([0-9]{1,3})\.([0-9]{1,2})").fullmatch
_version_at_end = re.compile(r"/(v[0-9]{1,3}\.[0-9]{1,2})/?$").search


def version_of(config: Mapping[str, Any]) -> str:
    """The version of a checked configuration: its own, its endpoint's, else the current one."""
    named = _version_at_end(str(config.get("endpoint", "")))
    return str(config.get("version") or (named[1] if named else CURRENT))


def base_of(config: Mapping[str, Any]) -> str:
    """Where a checked configuration sends to, with the version, without a slash at the end."""
    endpoint = str(config.get("endpoint", ENDPOINT)).rstrip("/")
    return endpoint if is_in_endpoint(config) else f"{endpoint}/{version_of(config)}"


def is_in_endpoint(config: Mapping[str, Any]) -> bool:
    """Whether the endpoint names the version."""
    return _version_at_end(str(config.get("endpoint", ""))) is not None


def warning_of(config: Mapping[str, Any]) -> str | None:
    """What is to be said about the version of a checked configuration; None for a young one."""
    version = version_of(config)
    found = is_version(version)
    if found is None or (int(found[1]), int(found[2])) >= OLDEST:
        return None
    return f"Graph API {version} is old, and Meta ends old versions: {CURRENT} is current"
