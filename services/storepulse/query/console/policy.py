"""What the console's pages may load and connect to, enforced by browsers. Pure.

Rules: scripts and styles are our own files, or have the nonce of their answer. Scripts cannot turn
text into markup (Trusted Types). Pages connect to this service only, show images from it and from
the archive's hosts, and cannot be framed by other sites.
"""

from __future__ import annotations

from collections.abc import Sequence

from storepulse.access.rules.origins import normal_origins
from storepulse.domain.errors import Rejected

_NOT_USED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment",
    "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
#: Headers of every page.
PAGE_HEADERS = {
    "cache-control": "no-cache",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _NOT_USED),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def content_policy(nonce: str, image_origins: Sequence[str] = ()) -> str:
    """The value of Content-Security-Policy for the page with this nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            " ".join(("img-src 'self' data:", *image_origins)),
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self' blob:",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def page_headers(nonce: str, image_origins: Sequence[str] = ()) -> dict[str, str]:
    """The headers of a page with this nonce."""
    return {**PAGE_HEADERS, "content-security-policy": content_policy(nonce, image_origins)}


def image_origins_of(setting: str) -> list[str]:
    """The origins in a setting, separated by commas or spaces. Raises Rejected."""
    origins = normal_origins("origins", setting.replace(",", " ").split())
    for origin in origins:
        if not origin.startswith(("https://", "http://")):
            raise Rejected("origins", f"{origin} is neither https nor http")
    return origins
