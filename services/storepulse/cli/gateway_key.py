"""The key that a command sends to the gateway: the given one, else that of the home folder."""

from __future__ import annotations

from urllib.parse import urlsplit

from storepulse.access.keys import home_key
from storepulse.access.rules.loopback import is_local_host
from storepulse.adapters.settings import Settings


def key_for(settings: Settings, url: str | None, key_given: str) -> str:
    """The key for a gateway, or "". The home folder's key is sent only to this machine, never to a
    `url` elsewhere."""
    if key_given:
        return key_given
    if url is not None:
        try:
            address = urlsplit(url).netloc
        except ValueError:
            return ""  # opening it later reports the error
        if not is_local_host(address.encode()):
            return ""
    return home_key(settings.home)
