"""The campaign whose landing page leads to the shop's bot. Pure."""

from __future__ import annotations

from storepulse.campaign import Rejected, StartParam, StartParamSerializer
from storepulse.tracking import EventTracker

LANDING_PAGE = "aster-autumn"
CAMPAIGN = "autumn-mail"


def landing_page(
    template: str, gateway: str, publishable_key: str, tracking_id: str, nonce: str
) -> str:
    """The landing page with its script, as any shop's Python program would make it.

    `tracking_id`: of the recipient of the mail. The page's link to the bot contains it.
    """
    start = StartParamSerializer().serialize(StartParam(CAMPAIGN, tracking_id))
    page = template.replace("{start}", start).replace("{nonce}", nonce)
    tracker = EventTracker(api_base_url=gateway, key=publishable_key, consent_required=True)
    return tracker.inject_tracking_script(page, LANDING_PAGE, campaign_id=CAMPAIGN, nonce=nonce)


def campaign_of(start_param: str) -> StartParam | None:
    """The content of a start parameter; None if it is not one of ours."""
    try:
        return StartParamSerializer().deserialize(start_param)
    except Rejected:
        return None
