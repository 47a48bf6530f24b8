"""Ids of campaigns, and tracking ids of people who came from one."""

from __future__ import annotations

import re

from storepulse.domain.errors import Rejected

#: The ids appear in URL paths and in start parameters.
CAMPAIGN_ID_TEXT = r"(?!\.{1,2}$)[A-Za-z0-9_.~:-]{1,128}"
_is_campaign_id = re.compile(CAMPAIGN_ID_TEXT).fullmatch


def check_campaign_id(field: str, text: str) -> str:
    """The id. Raises Rejected unless it has 1 to 128 letters, digits or `_ . ~ : -`."""
    if _is_campaign_id(text) is None:
        raise Rejected(field, "must be 1 to 128 letters, digits or _ . ~ : - and not . or ..")
    return text
