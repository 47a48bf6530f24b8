"""The stack of open elements while a page is read, as far as it determines what is live.

SVG and MathML have other rules than HTML: they have CDATA, and their `<title>` and `<style>` are
ordinary elements. The stack therefore tracks what is open in them and what closes them; of HTML,
only what can close an SVG or MathML element that was left open. Every step takes constant time,
however many elements are open. Where markup is broken in ways that are not handled here, an element
stays open for longer than in a browser, never shorter.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from storepulse.tracking.tokens import Tag, ascii_lower


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _names(
    """
    area base basefont bgsound br col embed frame hr image img input keygen link meta param
    source track wbr
    """
)
#: The parser has one of each, with special rules to open and close it.
_SINGLE = _names("html head body frameset")
_TABLE_PARTS = _names("caption colgroup tbody td tfoot th thead tr")
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
#: Their end tags close an element in scope; those of other elements stop at any of `_SPECIAL`.
_SCOPED = _names(
    """
    address article aside blockquote button center dd details dialog dir div dl dt fieldset
    figcaption figure footer h1 header hgroup li listing main menu nav ol p pre search
    section select summary ul applet marquee object
    """
)
_LIMITS = _names("applet caption table td th marquee object template select")
_SPECIAL = _SCOPED | _LIMITS | _TABLE_PARTS | frozenset({"form", "template"})
#: Start tags that close SVG and MathML.
_BREAKING_OUT = _names(
    """
    b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i
    img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt
    u ul var
    """
)
_SVG_POINTS = _names("foreignobject desc title")
_MATH_POINTS = _names("mi mo mn ms mtext")
_HTML_ENCODINGS = frozenset({"text/html", "application/xhtml+xml"})


class OpenElement(NamedTuple):
    """An open element. `space` is html, svg or math; `takes_html`: it may contain HTML."""

    name: str
    space: str
    start: int
    takes_html: bool


class OpenElements:
    """The stack of open elements."""

    def __init__(self) -> None:
        self._stack: list[OpenElement] = []
        #: Indexes in the stack, by what is looked up.
        self._by_name: defaultdict[tuple[bool, str], list[int]] = defaultdict(list)
        self._html: list[int] = []
        self._limits: list[int] = []
        self._special: list[int] = []
        self._tables: list[int] = []
        self._inert: list[int] = []
        self._lists: dict[tuple[str, str, bool], list[list[int]]] = {}

    @property
    def inert_since(self) -> int | None:
        """The start of the outermost open template, SVG or MathML element; None if there is
        none."""
        return self._stack[self._inert[0]].start if self._inert else None

    @property
    def has_template(self) -> bool:
        return bool(self._by_name[True, "template"])

    @property
    def is_foreign(self) -> bool:
        """Whether the innermost element is SVG or MathML."""
        return bool(self._stack) and self._stack[-1].space != "html"

    def follows_html(self, tag: Tag) -> bool:
        """Whether a start tag is read by HTML's rules; first closes what the tag breaks out of."""
        if self._is_html_for(tag):
            return True
        if tag.name in _BREAKING_OUT or (
            tag.name == "font" and not {"color", "face", "size"}.isdisjoint(tag.attributes)
        ):
            self._break_out()
            return True
        return False

    def _is_html_for(self, tag: Tag) -> bool:
        if not self.is_foreign:
            return True
        element = self._stack[-1]
        if element.takes_html:
            return element.space == "svg" or tag.name not in {"mglyph", "malignmark"}
        return element.name == "annotation-xml" and tag.name == "svg"

    def _break_out(self) -> None:
        while self.is_foreign and not self._stack[-1].takes_html:
            self._pop()

    def open_html(self, tag: Tag) -> None:
        """Handle a start tag that was read by HTML's rules and has no raw text."""
        name = tag.name
        if name in {"svg", "math"}:
            if not tag.is_self_closing:
                self._push(OpenElement(name, name, tag.start, False))
        elif name in _VOID or name in _SINGLE or (name in _TABLE_PARTS and not self._tables):
            pass
        else:
            self._push(OpenElement("h1" if name in _HEADINGS else name, "html", tag.start, False))

    def open_foreign(self, tag: Tag) -> None:
        """Handle a start tag of SVG or MathML."""
        if tag.is_self_closing:
            return
        space, name = self._stack[-1].space, tag.name
        if space == "svg":
            takes_html = name in _SVG_POINTS
        elif name == "annotation-xml":
            encoding = ascii_lower(tag.attributes.get("encoding", ""))
            # In such an element mglyph is HTML too, which makes no difference here.
            takes_html = encoding in _HTML_ENCODINGS
        else:
            takes_html = name in _MATH_POINTS
        self._push(OpenElement(name, space, tag.start, takes_html))

    def close(self, name: str) -> None:
        """Handle an end tag."""
        if self.is_foreign:
            if name in {"p", "br"}:
                self._break_out()
            else:
                found = self._last(False, name)
                if found > (self._html[-1] if self._html else -1):
                    self._pop_from(found)
                    return
        self._close_html("h1" if name in _HEADINGS else name)

    def _close_html(self, name: str) -> None:
        found = self._last(True, name)
        if found < 0:
            return
        if name == "template":
            barrier = -1
        elif name == "form":
            # Only the form leaves the stack, whatever is open in it.
            barrier = len(self._stack) - 2
        elif name in _TABLE_PARTS or name == "table":
            barrier = self._tables[-1] - (name == "table") if self._tables else -1
        elif name in _SCOPED:
            barrier = self._limits[-1] - (name in _LIMITS) if self._limits else -1
        else:
            barrier = self._special[-1] if self._special else -1
        if found > barrier:
            self._pop_from(found)

    def _last(self, is_html: bool, name: str) -> int:
        places = self._by_name.get((is_html, name))
        return places[-1] if places else -1

    def _push(self, element: OpenElement) -> None:
        place = len(self._stack)
        self._stack.append(element)
        for places in self._places_of(element):
            places.append(place)

    def _pop(self) -> None:
        for places in self._places_of(self._stack.pop()):
            places.pop()

    def _pop_from(self, place: int) -> None:
        while len(self._stack) > place:
            self._pop()

    def _places_of(self, element: OpenElement) -> list[list[int]]:
        """The lists that contain an element's index."""
        kind = (element.name, element.space, element.takes_html)
        lists = self._lists.get(kind)
        if lists is None:
            lists = self._lists[kind] = self._choose_lists(element)
        return lists

    def _choose_lists(self, element: OpenElement) -> list[list[int]]:
        name, is_html = element.name, element.space == "html"
        lists = [self._by_name[is_html, name]]
        if is_html:
            lists.append(self._html)
        is_point = not is_html and (element.takes_html or name == "annotation-xml")
        if is_point or (is_html and name in _LIMITS):
            lists.append(self._limits)
        if is_point or (is_html and name in _SPECIAL):
            lists.append(self._special)
        if is_html and name in {"table", "template"}:
            lists.append(self._tables)
        if not is_html or name == "template":
            lists.append(self._inert)
        return lists
