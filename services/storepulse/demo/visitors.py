"""The demo's visitors: browser or robot, device, address, consent."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 {}Safari/605.1.15"
_MOBILE = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_SAFARI.format('Mobile/15E148 ')}",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_CHROME.format('Chrome/131.0.0.0 Mobile')}",
)
_TABLET = (f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {_SAFARI.format('Mobile/15E148 ')}",)
_DESKTOP = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME.format('Chrome/131.0.0.0')}",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI.format('')}",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
_ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME.format('HeadlessChrome/131.0.0.0')}",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
)
_SCREENS = {"mobile": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
_ROBOTS_PER_HUNDRED = 6
#: Number of a shop's known customers, and their share of the visitors.
_CUSTOMERS = 80
_KNOWN = 0.25


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One visitor. `visitor_id` and `consent` are None if the browser sends none."""

    visitor_id: str | None
    ip: str
    user_agent: str
    is_bot: bool
    device: str
    width: int
    height: int
    consent: dict[str, Any] | None
    email: str | None
    #: Set for known customers; several visitors may be the same customer.
    customer_id: str | None = None


def person(rng: Random, network: int, number: int) -> DemoPerson:
    """Visitor `number`, with an address of their own inside `network` (16 bits of the seed)."""
    is_bot = rng.randrange(100) < _ROBOTS_PER_HUNDRED
    customer = rng.randrange(_CUSTOMERS) if rng.random() < _KNOWN else None
    device = rng.choices(("mobile", "tablet", "desktop"), (55, 8, 37))[0]
    agents = {"mobile": _MOBILE, "tablet": _TABLET, "desktop": _DESKTOP}[device]
    width, height = _SCREENS[device]
    return DemoPerson(
        visitor_id=None if rng.random() < 0.1 else f"v_{rng.getrandbits(80):020x}",
        ip=_address(network, number),
        user_agent=rng.choice(_ROBOTS if is_bot else agents),
        is_bot=is_bot,
        device=device,
        width=width + rng.choice((0, 0, -15, 24)),
        height=height,
        consent=rng.choice(
            (
                None,
                {"analytics": "granted", "marketing": "granted"},
                {"analytics": "granted", "marketing": "denied"},
                {"analytics": "denied", "marketing": "denied"},
                {"analytics": "unknown"},
            )
        ),
        email=_email(rng, customer),
        customer_id=None if customer is None else str(9_000_000 + customer),
    )


def _email(rng: Random, customer: int | None) -> str | None:
    """The address; known customers have the same one on each visit, sometimes in capitals."""
    if customer is not None:
        email = f"customer{customer}@shop.example"
        return email.upper() if rng.random() < 0.1 else email
    return f"visitor{rng.randrange(10**6)}@shop.example" if rng.random() < 0.4 else None


def _address(network: int, number: int) -> str:
    """An address that is never routed: of 198.18.0.0/15 (benchmarks) or 2001:db8::/32
    (documentation)."""
    if number % 5 == 4 or number >= 1 << 17:
        return f"2001:db8:{network:x}:{number & 0xFFFF:x}:{number >> 16:x}::1"
    shifted = (number + network * 997) % (1 << 17)
    return f"198.{18 + (shifted >> 16)}.{shifted >> 8 & 255}.{shifted & 255}"
