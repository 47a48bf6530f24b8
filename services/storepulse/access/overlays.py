"""Creates links that open a page of a shop with its heatmap drawn over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from storepulse.access.rules.origins import normal_origin
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.errors import Rejected
from storepulse.domain.overlay_links import (
    LONGEST_SECONDS,
    PURPOSE,
    SHORTEST_SECONDS,
    OverlayGrant,
    link_of,
)
from storepulse.domain.pages import page_of
from storepulse.streams.beacon import url as checked_url


@dataclass(frozen=True, slots=True)
class OverlayLink:
    """A new link. `url` contains the token after the `#`."""

    token: str
    url: str
    expires_at: datetime


def make_link(
    box: SecretBox, store_id: UUID, url: str, key_id: UUID, seconds: int, now: datetime
) -> OverlayLink:
    """Make a link to the page at `url`. It ends after `seconds`, and with the key `key_id`.

    Raises Rejected.
    """
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        reason = f"must be seconds from {SHORTEST_SECONDS} to {LONGEST_SECONDS}"
        raise Rejected("expires_in", reason)
    checked_url("url", url)
    parts = urlsplit(url)
    origin = normal_origin("url", f"{parts.scheme}://{parts.netloc}")
    until = (now + timedelta(seconds=seconds)).replace(microsecond=0)
    grant = OverlayGrant(store_id, page_of(url), origin, key_id, int(until.timestamp()))
    token, link = link_of(url, grant, box.signing_keys(PURPOSE)[0])
    return OverlayLink(token, link, until)
