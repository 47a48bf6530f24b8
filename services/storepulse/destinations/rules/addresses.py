"""The address of a destination as readers without administration rights see it.

It has no path, key or header: the path of a webhook's URL is often a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

#: Characters that are shown at each end of an account id.
_ENDS = 4


def shown_address(kind: str, config: Mapping[str, Any]) -> str:
    """A host, a public id, or "" if there is neither."""
    match kind:
        case "webhook":
            return urlsplit(str(config.get("url", ""))).netloc.rpartition("@")[2]
        case "ga4":
            return str(config.get("measurement_id", ""))
        case "meta_capi":
            return f"pixel {config.get('pixel_id', '')}"
        case "image_archive" if "account_id" in config:
            account = str(config["account_id"])
            return f"account {account[:_ENDS]}…{account[-_ENDS:]}"
        case "image_archive":
            return "a folder of the service"
    return ""
