"""Stores the values of a webhook's headers, which may be credentials, with the sealed secrets.

The stored configuration has the header names only, with null for each value. Loading a destination
with its secrets restores the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Secrets = Mapping[str, Sequence[str]]
_HEADERS = "headers"
#: No kind has secrets with this prefix.
_PREFIX = "config.headers."


def separate(config: Mapping[str, Any], secrets: Secrets) -> tuple[dict[str, Any], Secrets]:
    """Move header values from the configuration to the secrets, for storing."""
    headers = config.get(_HEADERS)
    if not isinstance(headers, Mapping) or not headers:
        return dict(config), secrets
    header_values = {
        _PREFIX + name: [value] for name, value in headers.items() if value is not None
    }
    return {**config, _HEADERS: dict.fromkeys(headers)}, {**secrets, **header_values}


def join(config: Mapping[str, Any], stored_secrets: Secrets) -> tuple[Mapping[str, Any], Secrets]:
    """Move header values back into the configuration, as it was declared."""
    header_values = {
        name.removeprefix(_PREFIX): values[0]
        for name, values in stored_secrets.items()
        if name.startswith(_PREFIX)
    }
    secrets = {
        name: values for name, values in stored_secrets.items() if not name.startswith(_PREFIX)
    }
    if not header_values:
        return config, secrets
    return {**config, _HEADERS: {**config[_HEADERS], **header_values}}, secrets
