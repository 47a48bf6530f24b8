"""Values of a webhook's headers, which may be credentials: kept among the sealed secrets.

The stored configuration has their names alone, with null for each value. Whoever loads a
destination with its secrets gets them back where they were declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Secrets = Mapping[str, Sequence[str]]
_HEADERS = "headers"
#: No kind has a secret of such a name.
_PREFIX = "config.headers."


def separate(config: Mapping[str, Any], secrets: Secrets) -> tuple[dict[str, Any], Secrets]:
    """What is stored of them: the configuration without the values, the secrets with them."""
    headers = config.get(_HEADERS)
    if not isinstance(headers, Mapping) or not headers:
        return dict(config), secrets
    header_values = {
        _PREFIX + name: [value] for name, value in headers.items() if value is not None
    }
    return {**config, _HEADERS: dict.fromkeys(headers)}, {**secrets, **header_values}


def join(config: Mapping[str, Any], stored_secrets: Secrets) -> tuple[Mapping[str, Any], Secrets]:
    """What was declared."""
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
