"""Names beyond the cap of new ones: counted together, under one name.

The gateway counts the new names of each key and hour, and marks the events of those beyond the cap:
the field `folded`, a sum of the numbers below. Whoever makes figures obeys the mark alone, so that
agents, a rebuild and a recount agree. The event keeps the name that was sent.
"""

from __future__ import annotations

from typing import Literal

#: What is counted: pages of activity and heatmaps, elements, landing pages, custom events.
NameKind = Literal["page", "selector", "landing_page", "event_name"]

PAGE = 1
SELECTOR = 2
LANDING_PAGE = 4
EVENT_NAME = 8

#: What they count under; no URL has such a page, and no landing page may have such an id.
OTHER = "(other)"
