"""The form of names in experiments: the same for authors, visitors and events."""

from __future__ import annotations

import re

#: The form of ids of variants, slots, metrics and exclusive groups.
ID_CHARACTERS = 64
ID_TEXT = rf"[A-Za-z0-9_-]{{1,{ID_CHARACTERS}}}"
#: The form of metrics that pages send.
METRIC_CHARACTERS = 128
METRIC_TEXT = rf"[A-Za-z0-9_.:-]{{1,{METRIC_CHARACTERS}}}"
PAGE_TYPE_TEXT = r"[a-z0-9][a-z0-9_-]{0,63}"
SLUG_CHARACTERS = 255
#: The devices that a test may target.
DEVICES = ("mobile", "tablet", "desktop")

is_id = re.compile(ID_TEXT).fullmatch
is_metric = re.compile(METRIC_TEXT).fullmatch
is_page_type = re.compile(PAGE_TYPE_TEXT).fullmatch
