"""Names of custom activity that agents read, so that the cap on new names never folds them.

They are in their own module, because processes that start without polars need them.
"""

from __future__ import annotations

#: Reports which pixels were called for a purchase: see `pixel_calls`.
PIXELS_CALLED = "pixels_called"
#: Reports how fast a page was: see `web_vitals`.
WEB_VITALS_TOLD = "web_vitals"
