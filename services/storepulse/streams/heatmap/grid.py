"""The grid that clicks and hovers are counted in."""

from __future__ import annotations

#: Columns of a page, whatever its width.
COLUMNS = 128
#: Height of a row, in CSS pixels.
ROW_PX = 16
