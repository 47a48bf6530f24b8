"""The page of a URL: its path, the name under which heatmaps count."""

from __future__ import annotations

import re

#: Its one group is the path; a pattern that Python and Rust read alike.
PATH_PATTERN = r"^[a-zA-Z]+://[^/?#]*([^?#]*)"
ROOT = "/"

_path = re.compile(PATH_PATTERN).match


def page_of(url: str) -> str:
    """Path of a URL, without query and fragment; "/" where there is none."""
    found = _path(url)
    return found[1] or ROOT if found is not None else ROOT
