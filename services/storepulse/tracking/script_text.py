"""Text of scripts as it may stand in a page: values, attributes, and the scripts that were built.

A value is JSON in ASCII without `<`, `>`, `&` and `'`. So it ends no script, opens no comment,
reads the same in every charset, and may stand in an attribute between single quotes too; not
between double quotes, which are its own.
"""

from __future__ import annotations

import functools
import html
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from storepulse.tracking.places import MARK

#: Longer text names no page, campaign or nonce.
MOST_CHARACTERS = 1024
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}


def script_value(value: Any) -> str:
    """A JSON value as JavaScript. Raises ValueError for a number that is none."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def text_of(value: object) -> str | None:
    """Any value as text, at most 1,024 characters of it; None for None, and for what has no
    text."""
    if value is None:
        return None
    if not isinstance(value, str):
        try:
            value = str(value)
        except Exception:  # noqa: BLE001 - whatever an object's own method raises
            return None
    return value[:MOST_CHARACTERS]


def attributes(values: Mapping[str, str | None]) -> str:
    """Attributes of a tag in ASCII, each with a blank before it; those without a value are left
    out."""
    written = [
        f' {name}="{_in_ascii(html.escape(value))}"'
        for name, value in values.items()
        if value is not None
    ]
    return "".join(written)


def _in_ascii(text: str) -> str:
    return "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in text)


def script_element(code: str, nonce: object, mark: str | None = None) -> str:
    """A script element; `mark` says which of ours it is."""
    return f"<script{attributes({MARK: mark, 'nonce': text_of(nonce)})}>{code}</script>"


def script_call(name: str, parameter: str, value: Any) -> str:
    """A built script around a value, which it knows as `parameter`."""
    return f"({parameter}=>{{{read_built(name)}}})({script_value(value)});"


@functools.cache
def read_built(name: str) -> str:
    """A built script. Raises FileNotFoundError where the package was not built."""
    folder = resources.files("storepulse.tracking")
    return (folder / "built" / f"{name}.js").read_text("ascii").strip()


def insert(page: str, texts: Mapping[int, str]) -> str:
    """The page with each text put in at its offset."""
    pieces, at = [], 0
    for place, text in sorted(texts.items()):
        pieces += [page[at:place], text]
        at = place
    # `join` and not `+`: a page may be of a class that escapes what is added to it.
    return "".join([*pieces, page[at:]])


def check_page(page: object) -> None:
    """Raises TypeError for what is no text: bytes have an encoding that nobody told."""
    if not isinstance(page, str):
        raise TypeError(f"html: must be text (str), not {type(page).__name__}")
