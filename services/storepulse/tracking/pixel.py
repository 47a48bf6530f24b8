"""Facebook's pixel beside the landing pages' script, which reports each event to it with the same
id."""

from __future__ import annotations

from storepulse.tracking import checks
from storepulse.tracking.places import find_places
from storepulse.tracking.script_text import (
    check_page,
    insert,
    read_built,
    script_call,
    script_element,
)

_MARK = "pixel"


class PixelInjector:
    """Inserts the pixel into pages. Its script is loaded once marketing is granted.

    Raises ValueError for an id with characters other than digits.
    """

    def __init__(self, pixel_id: str) -> None:
        self._pixel = checks.pixel_id("pixel_id", pixel_id)
        read_built("pixel")

    def inject_pixel(self, html: str, nonce: object = None) -> str:
        """Insert the pixel at the start of the page's head, once. Raises TypeError if it is not
        text."""
        check_page(html)
        places = find_places(html)
        if _MARK in places.marks:
            return html
        script = script_element(script_call("pixel", "PIXEL", self._pixel), nonce, _MARK)
        return insert(html, {places.head: script})
