"""The landing pages' script, and the call that reports a purchase to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storepulse.tracking import checks
from storepulse.tracking.places import find_places
from storepulse.tracking.purchase import purchase_fields
from storepulse.tracking.script_text import (
    check_page,
    insert,
    read_built,
    script_call,
    script_element,
    script_value,
    text_of,
)

_MARK = "landing"
# The script may load after the call: until then purchases wait in `q`.
_PURCHASE = (
    "((a,p)=>{{a.trackPurchase?a.trackPurchase(p):(a.q=a.q||[]).push(p)}})"
    "(window.AAE_TRACKING=window.AAE_TRACKING||{{}},{purchase});"
)


class EventTracker:
    """Writes the tracking script of landing pages.

    `api_base_url` is the gateway's address, which may have a path; `key` a publishable key,
    `store_id` the store's UUID if the key is not tied to a store. `cookie_domain` lets subdomains
    share the visitor. With `consent_required`, nothing is stored or sent before consent is given;
    `obey_gpc` and `obey_dnt` treat Global Privacy Control and Do Not Track as a refusal. Raises
    ValueError, with the setting's name, for an invalid setting, and FileNotFoundError if the
    scripts were not built.
    """

    def __init__(
        self,
        api_base_url: str,
        key: str | None = None,
        *,
        store_id: str | None = None,
        cookie_domain: str | None = None,
        consent_required: bool = False,
        obey_gpc: bool = False,
        obey_dnt: bool = False,
    ) -> None:
        settings: dict[str, Any] = {"url": checks.base_url("api_base_url", api_base_url)}
        if key is not None:
            settings["key"] = checks.publishable_key("key", key)
        if store_id is not None:
            settings["store"] = checks.store_id("store_id", store_id)
        if cookie_domain is not None:
            settings["domain"] = checks.cookie_domain("cookie_domain", cookie_domain)
        switches = {"held": consent_required, "gpc": obey_gpc, "dnt": obey_dnt}
        self._settings = settings | {name: True for name, is_on in switches.items() if is_on}
        read_built("landing")

    def generate_tracking_script(
        self, landing_page_id: object, campaign_id: object = None, nonce: object = None
    ) -> str:
        """The script element. Raises for no value; the gateway refuses invalid ones."""
        values = {"page": text_of(landing_page_id), "campaign": text_of(campaign_id)}
        named = {name: value for name, value in values.items() if value is not None}
        code = script_call("landing", "LANDING", self._settings | named)
        return script_element(code, nonce, _MARK)

    def generate_purchase_tracking_call(
        self,
        order_value: Decimal | float | str,
        currency: str,
        order_id: str | int,
        nonce: object = None,
    ) -> str:
        """JavaScript that reports a purchase; with a `nonce`, a script element with it.

        It is safe in a script, and in an attribute with single quotes. Raises ValueError, with the
        argument's name, for an invalid amount, currency (ISO 4217) or order number.
        """
        purchase = script_value(purchase_fields(order_value, currency, order_id))
        code = _PURCHASE.format(purchase=purchase)
        return code if nonce is None else script_element(code, nonce)

    def inject_tracking_script(
        self, html: str, landing_page_id: object, campaign_id: object = None, nonce: object = None
    ) -> str:
        """Insert the script before the page's last `</body>`, or at its end.

        Repeated calls change nothing: the first one's script stays. Raises TypeError if the page is
        not text.
        """
        check_page(html)
        places = find_places(html)
        if _MARK in places.marks:
            return html
        script = self.generate_tracking_script(landing_page_id, campaign_id, nonce)
        return insert(html, {places.end: script})
