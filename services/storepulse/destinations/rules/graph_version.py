"""The version of Meta's Graph API that a destination uses.

Meta releases a version about twice a year and ends a version's Marketing API after about a year.
Requests to a version that has ended get error 2635.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ENDPOINT = "https://graph.facebook.com"
#: The version for destinations that name none.
CURRENT = "v26.0"
#: Versions below this one have ended or will end soon.
OLDEST = (25, 0)

is_version = re.compile(r"v([0-9]{1,3})\.([0-9]{1,2})").fullmatch
_version_at_end = re.compile(r"/(v[0-9]{1,3}\.[0-9]{1,2})/?$").search


def version_of(config: Mapping[str, Any]) -> str:
    """The version of a checked configuration: `version`, the endpoint's, or the current one."""
    named = _version_at_end(str(config.get("endpoint", "")))
    return str(config.get("version") or (named[1] if named else CURRENT))


def base_of(config: Mapping[str, Any]) -> str:
    """The base URL of a checked configuration, with the version, without a trailing slash."""
    endpoint = str(config.get("endpoint", ENDPOINT)).rstrip("/")
    return endpoint if is_in_endpoint(config) else f"{endpoint}/{version_of(config)}"


def is_in_endpoint(config: Mapping[str, Any]) -> bool:
    """Whether the endpoint names the version."""
    return _version_at_end(str(config.get("endpoint", ""))) is not None


def warning_of(config: Mapping[str, Any]) -> str | None:
    """A warning if the version of a checked configuration is old, else None."""
    version = version_of(config)
    found = is_version(version)
    if found is None or (int(found[1]), int(found[2])) >= OLDEST:
        return None
    return f"Graph API {version} is old, and Meta ends old versions: {CURRENT} is current"
