"""The grid in which clicks and hovers are counted."""

from __future__ import annotations

#: Columns of a page, whatever its width.
COLUMNS = 128
#: Height of a row, in CSS pixels.
ROW_PX = 16
#: The maximum coordinate on a page, unless a deployment raises it.
COORDINATE = 10_000
