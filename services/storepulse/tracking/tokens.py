"""Find the end of a tag, a comment or raw text, as the HTML standard's tokenizer does.

Each function takes the page and an offset, and returns the offset after what it read, or None if
the page ends first. A caller stops reading on None, so no page is searched to its end more than
once, and reading takes time proportional to the page's length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LONGEST_NAME = 32
# `re.ASCII`: without it, IGNORECASE matches the long s as s and the Kelvin sign as k.
_IGNORE_CASE = re.ASCII | re.IGNORECASE
_SPACE = r"[\t\n\f\r ]"
_read_name = re.compile(r"[A-Za-z][^\t\n\f\r />]*+").match
_skip_to_attribute = re.compile(r"[\t\n\f\r /]*+").match
# A leading equals sign belongs to the name.
_read_attribute = re.compile(r"([^\t\n\f\r />][^\t\n\f\r />=]*+)[\t\n\f\r ]*+(=?)").match
_skip_space = re.compile(rf"{_SPACE}*+").match
_read_unquoted = re.compile(r"[^\t\n\f\r >]*+").match
_find_comment_end = re.compile(r"--!?>").search
_find_in_script = re.compile(r"<!--|-->|<(/?)script(?=[\t\n\f\r />])", _IGNORE_CASE).search

#: Elements that contain only text, in a browser that runs scripts.
_RAW = "iframe noembed noframes noscript script style textarea title xmp plaintext"
RAW_ELEMENTS = frozenset(_RAW.split())
_raw_ends = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])", _IGNORE_CASE).search for name in RAW_ELEMENTS
}


class Tag(NamedTuple):
    """A start or end tag. `start` is the offset of its `<`, `end` the one after its `>`."""

    start: int
    end: int
    name: str
    is_end: bool
    is_self_closing: bool
    attributes: dict[str, str]


def ascii_lower(text: str) -> str:
    """The text with A to Z in lower case; text with other characters is returned unchanged."""
    return text.lower() if text.isascii() else text


def read_tag(page: str, start: int) -> Tag | None:
    """Read the tag at `start`, which has `<` or `</` and a letter."""
    is_end = page.startswith("/", start + 1)
    name = _read_name(page, start + 1 + is_end)
    end = _place_behind(name, start)
    attributes: dict[str, str] = {}
    while True:
        before, end = end, _place_behind(_skip_to_attribute(page, end), end)
        if end == len(page):
            return None
        if page[end] == ">":
            # A slash at the end of an unquoted value belongs to the value.
            is_self_closing = end > before and page[end - 1] == "/"
            break
        attribute = _read_attribute(page, end)
        if attribute is None:
            return None
        value, end = "", attribute.end()
        if attribute[2]:
            found = _read_value(page, end)
            if found is None:
                return None
            value, end = found
        if len(attribute[1]) <= _LONGEST_NAME:
            attributes.setdefault(ascii_lower(attribute[1]), value)
    stem = name[0] if name is not None and len(name[0]) <= _LONGEST_NAME else ""
    return Tag(start, end + 1, ascii_lower(stem), is_end, is_self_closing, attributes)


def _read_value(page: str, at: int) -> tuple[str, int] | None:
    """An attribute's value and the offset after it."""
    at = _place_behind(_skip_space(page, at), at)
    quote = page[at : at + 1]
    if quote in {'"', "'"}:
        closed = page.find(quote, at + 1)
        return None if closed < 0 else (page[at + 1 : closed], closed + 1)
    end = _place_behind(_read_unquoted(page, at), at)
    return page[at:end], end


def _place_behind(found: re.Match[str] | None, at: int) -> int:
    return at if found is None else found.end()


def end_of_comment(page: str, start: int) -> int | None:
    """The offset after the comment whose `<!--` is at `start`."""
    content = start + 4
    for closing in (">", "->"):
        if page.startswith(closing, content):
            return content + len(closing)
    found = _find_comment_end(page, content)
    return None if found is None else found.end()


def end_at(page: str, closing: str, start: int) -> int | None:
    """The offset after the next `closing`."""
    found = page.find(closing, start)
    return None if found < 0 else found + len(closing)


def end_of_raw_text(page: str, name: str, start: int) -> int | None:
    """The offset after the end tag of an element of `RAW_ELEMENTS` whose text starts at `start`."""
    if name == "plaintext":
        return None
    closing = _end_of_script_text(page, start) if name == "script" else None
    if name != "script" and (found := _raw_ends[name](page, start)) is not None:
        closing = found.start()
    tag = None if closing is None else read_tag(page, closing)
    return None if tag is None else tag.end


def _end_of_script_text(page: str, at: int) -> int | None:
    """The offset of the end tag. Within `<!--`, a `<script` hides the next `</script`."""
    is_escaped = is_twice = False
    while (found := _find_in_script(page, at)) is not None:
        at = found.end()
        if found[0] == "<!--":
            # Its dashes may also be those of its end: `<!-->`.
            at = found.start() + 2
            is_escaped = True
        elif found[0] == "-->":
            is_escaped = is_twice = False
        elif not found[1]:
            is_twice = is_escaped
        elif is_twice:
            is_twice = False
        else:
            return found.start()
    return None
