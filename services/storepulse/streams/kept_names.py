"""Names of custom activity that agents read themselves, so that no cap on new names folds them.

They stand apart from what reads them, because processes that start without data frames know them.
"""

from __future__ import annotations

#: Tells which pixels were called for a purchase: see `pixel_calls`.
PIXELS_CALLED = "pixels_called"
#: Tells how quick a page was: see `web_vitals`.
WEB_VITALS_TOLD = "web_vitals"
