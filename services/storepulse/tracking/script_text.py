"""Text that is safe in a page: values, attributes, and built scripts.

A value is JSON in ASCII without `<`, `>`, `&` and `'`. It therefore cannot end a script or open a
comment, reads the same in every charset, and is also safe in an attribute with single quotes; not
with double quotes, because JSON contains them.
"""

from __future__ import annotations

import functools
import html
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from storepulse.tracking.places import MARK

#: No page, campaign or nonce has a longer name.
MOST_CHARACTERS = 1024
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}


def script_value(value: Any) -> str:
    """Encode a JSON value as JavaScript. Raises ValueError for NaN and infinity."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def text_of(value: object) -> str | None:
    """Any value as text of at most 1,024 characters; None for None, and if str() fails."""
    if value is None:
        return None
    if not isinstance(value, str):
        try:
            value = str(value)
        except Exception:  # noqa: BLE001 - whatever an object's own method raises
            return None
    return value[:MOST_CHARACTERS]


def attributes(values: Mapping[str, str | None]) -> str:
    """The attributes of a tag in ASCII, each with a leading space; those of None are left out."""
    written = [
        f' {name}="{_in_ascii(html.escape(value))}"'
        for name, value in values.items()
        if value is not None
    ]
    return "".join(written)


def _in_ascii(text: str) -> str:
    return "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in text)


def script_element(code: str, nonce: object, mark: str | None = None) -> str:
    """A script element; `mark` identifies which of our scripts it is."""
    return f"<script{attributes({MARK: mark, 'nonce': text_of(nonce)})}>{code}</script>"


def script_call(name: str, parameter: str, value: Any) -> str:
    """Wrap a built script around a value, which is its variable `parameter`."""
    return f"({parameter}=>{{{read_built(name)}}})({script_value(value)});"


@functools.cache
def read_built(name: str) -> str:
    """A built script. Raises FileNotFoundError if the package was not built."""
    folder = resources.files("storepulse.tracking")
    return (folder / "built" / f"{name}.js").read_text("ascii").strip()


def insert(page: str, texts: Mapping[int, str]) -> str:
    """Insert texts into a page at their offsets."""
    pieces, at = [], 0
    for place, text in sorted(texts.items()):
        pieces += [page[at:place], text]
        at = place
    # `join` instead of `+`: the page may be of a class that escapes what is added to it.
    return "".join([*pieces, page[at:]])


def check_page(page: object) -> None:
    """Raises TypeError unless the page is text: the encoding of bytes is unknown."""
    if not isinstance(page, str):
        raise TypeError(f"html: must be text (str), not {type(page).__name__}")
