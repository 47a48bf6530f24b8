"""Links that sign the operator in to the console as this installation.

The token is in the fragment, which browsers do not send to servers, so it is in no log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from storepulse.access import keys
from storepulse.access.console_sessions import make_sign_in_link
from storepulse.access.rules.signing_in import LINK_LASTS
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Rejected
from storepulse.local import ports

PATH = "/analytics/sign-in"


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link for one use, until `ends_at`."""

    url: str
    ends_at: datetime


def make_link(
    connection: Connection, settings: Settings, now: datetime, base: str | None = None
) -> SignInLink:
    """Make a link with the key of the home folder.

    `base`: the console's URL, such as `https://console.example`; None means the query service on
    this machine. Raises Rejected.
    """
    base = base_of(settings) if base is None else _checked_base(base)
    key_id = keys.home_key_id(connection, settings.home)
    if key_id is None:
        file = keys.admin_key_file(settings.home)
        raise Rejected("key", f"there is none in {file}: a link is of a key; run `up`")
    token = make_sign_in_link(connection, key_id, now)
    return SignInLink(f"{base}{PATH}#{token}", now + LINK_LASTS)


def fresh_link(settings: Settings, now: datetime) -> str:
    """The URL of a new link, for a stack that runs with `settings`. Raises psycopg.Error."""
    with connect(settings.dsn, SessionOptions(name="storepulse-sign-in")) as connection:
        return make_link(connection, settings, now).url


def base_of(settings: Settings) -> str:
    """The URL of the query service on this machine."""
    return f"http://{ports.LOOPBACK}:{settings.query_port}"


def _checked_base(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Rejected(
            "url", "must be scheme://host or scheme://host:port, such as https://a.example"
        )
    return url.rstrip("/")
