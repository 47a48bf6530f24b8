"""Google Tag Manager in pages, with its consent mode."""

from __future__ import annotations

from storepulse.tracking import checks
from storepulse.tracking.places import MARK, find_places
from storepulse.tracking.script_text import (
    attributes,
    check_page,
    insert,
    read_built,
    script_call,
    script_element,
)

_MARK = "tag_manager"
_FRAME_MARK = "tag_manager_frame"
_FRAME = "https://www.googletagmanager.com/ns.html?id="


class TagManagerInjector:
    """Inserts a container into pages; all consent is denied until `sp_consent` changes that.

    Raises ValueError for an id that is not `GTM-` and capital letters or digits.
    """

    def __init__(self, container_id: str) -> None:
        self._container = checks.container_id("container_id", container_id)
        read_built("tag_manager")

    def inject_container(self, html: str, nonce: object = None) -> str:
        """Insert the container at the start of the page's head, once.

        The frame for browsers without scripts is inserted after the `<body>` tag, if there is one,
        also once. Raises TypeError if the page is not text.
        """
        check_page(html)
        places = find_places(html)
        texts = {}
        if _FRAME_MARK not in places.marks and places.body is not None:
            texts[places.body] = self._frame()
        if _MARK not in places.marks:
            code = script_call("tag_manager", "CONTAINER", self._container)
            texts[places.head] = script_element(code, nonce, _MARK)
        return insert(html, texts)

    def _frame(self) -> str:
        frame = attributes({"src": _FRAME + self._container, "height": "0", "width": "0"})
        return (
            f"<noscript{attributes({MARK: _FRAME_MARK})}><iframe{frame} hidden></iframe></noscript>"
        )
