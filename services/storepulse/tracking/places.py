"""Find the offsets in a page at which inserted markup is run: its head, its body's start, its end.

The end is the last `</body>` at which a script would run, else the end of the text. If a comment, a
script, a template or a similar element is left open there, it is the start of that element. Nothing
is inserted before the doctype, because that would change the rendering mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from storepulse.tracking.open_elements import OpenElements
from storepulse.tracking.tokens import (
    RAW_ELEMENTS,
    Tag,
    end_at,
    end_of_comment,
    end_of_raw_text,
    read_tag,
)

MARK = "data-storepulse"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_find_ink = re.compile(r"[^\t\n\f\r ]").search


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_HEAD = _names(
    """
    base basefont bgsound link meta title noscript noframes style script template head html
    """
)
_ENDING_HEAD = _names("body html br")
#: Start tags after which a frameset is ignored.
_BODY_ONLY = _names(
    """
    body pre listing li dd dt button applet marquee object table area br embed img image
    keygen wbr input hr textarea xmp iframe select
    """
)


@dataclass(frozen=True)
class Places:
    """Offsets in a page. `body` is None if the body is not opened by a `<body>` tag.

    `marks` are the values of `data-storepulse` of live scripts and noscripts.
    """

    head: int
    body: int | None
    end: int
    marks: frozenset[str]


def find_places(page: str) -> Places:
    """Read a page like a browser with scripts, in time proportional to its length."""
    return _Reading(page).read()


class _Reading:
    """The state of one pass over a page."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._open = OpenElements()
        self._head: int | None = None
        self._body: int | None = None
        self._end: int | None = None
        self._marks: set[str] = set()
        self._is_in_body = False
        self._may_be_frames = True
        #: The start of an unterminated construct, from which on nothing is read.
        self._stopped: int | None = None

    def read(self) -> Places:
        page = self._page
        at = 1 if page.startswith("\ufeff") else 0
        while self._stopped is None:
            found = page.find("<", at)
            self._take_text(at, len(page) if found < 0 else found)
            if found < 0:
                break
            ended = self._read_markup(found)
            if ended is None:
                self._stopped = found if self._stopped is None else self._stopped
            else:
                at = ended
        rest = [place for place in (self._stopped, self._open.inert_since) if place is not None]
        open_since = min(rest, default=len(page))
        head = open_since if self._head is None else self._head
        end = open_since if self._end is None else self._end
        return Places(head, self._body, end, frozenset(self._marks))

    def _read_markup(self, at: int) -> int | None:
        """Read the markup at a `<`; return the offset after it, None if it has no end."""
        page = self._page
        following = page[at + 1 : at + 2]
        if following in _LETTERS:
            return self._take(read_tag(page, at))
        if following == "!":
            if page.startswith("--", at + 2):
                return end_of_comment(page, at)
            if page.startswith("[CDATA[", at + 2) and self._open.is_foreign:
                return end_at(page, "]]>", at + 9)
            return end_at(page, ">", at + 2)
        if following == "?":
            return end_at(page, ">", at + 2)
        if following == "/":
            if page[at + 2 : at + 3] in _LETTERS:
                return self._take(read_tag(page, at))
            return end_at(page, ">", at + 2)
        self._take_text(at, at + 1)
        return at + 1

    def _take_text(self, start: int, end: int) -> None:
        if self._is_in_body and not self._may_be_frames:
            return
        ink = _find_ink(self._page, start, end)
        if ink is not None:
            self._may_be_frames = False
            self._begin_body(ink.start())

    def _begin_head(self, place: int) -> None:
        if self._head is None:
            self._head = place

    def _begin_body(self, place: int) -> None:
        if not self._open.has_template:
            self._begin_head(place)
            self._is_in_body = True

    def _take(self, tag: Tag | None) -> int | None:
        """Handle a tag; return the offset after it, or after its raw text."""
        if tag is None:
            return None
        if tag.is_end:
            self._take_end(tag)
            return tag.end
        if not self._open.follows_html(tag):
            self._open.open_foreign(tag)
            return tag.end
        return self._take_start(tag)

    def _take_start(self, tag: Tag) -> int | None:
        name = tag.name
        if name == "frameset" and self._takes_frames():
            # Scripts within and after a frameset never run.
            self._begin_head(tag.start)
            self._body, self._end, self._stopped = None, None, tag.start
            return None
        if not self._open.has_template:
            self._take_structure(tag)
        if name in _BODY_ONLY and not (
            name == "input" and tag.attributes.get("type", "").lower() == "hidden"
        ):
            self._may_be_frames = False
        if name in RAW_ELEMENTS:
            ended = end_of_raw_text(self._page, name, tag.end)
            if ended is not None and not self._open.has_template and MARK in tag.attributes:
                self._marks.add(tag.attributes[MARK])
            return ended
        self._open.open_html(tag)
        return tag.end

    def _take_structure(self, tag: Tag) -> None:
        """Update head and body for a start tag outside of templates."""
        if tag.name == "head" and self._head is None:
            self._head = tag.end
        elif tag.name == "html":
            pass
        elif tag.name == "body" and not self._is_in_body:
            self._begin_body(tag.start)
            self._body = tag.end
        elif tag.name in _OF_HEAD:
            self._begin_head(tag.start)
        else:
            self._begin_body(tag.start)

    def _takes_frames(self) -> bool:
        if self._is_in_body:
            return self._may_be_frames
        return not self._open.has_template

    def _take_end(self, tag: Tag) -> None:
        if not self._open.has_template and not self._open.is_foreign:
            if tag.name in _ENDING_HEAD:
                self._begin_body(tag.start)
            elif tag.name == "head":
                self._begin_head(tag.start)
        if tag.name == "br":
            self._may_be_frames = False
        if tag.name == "body" and self._open.inert_since is None:
            self._end = tag.start
        self._open.close(tag.name)
