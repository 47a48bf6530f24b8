"""Names beyond the cap of new names, which count together under one name.

The gateway counts the new names of each key and hour, and marks the events of names beyond the cap:
the field `folded` is a sum of the numbers below. Figures depend only on the mark, so that agents, a
rebuild and a recount agree. The event keeps its name.
"""

from __future__ import annotations

from typing import Literal

#: The kinds of counted names: pages of activity and heatmaps, elements, landing pages, custom
#: events.
NameKind = Literal["page", "selector", "landing_page", "event_name"]

PAGE = 1
SELECTOR = 2
LANDING_PAGE = 4
EVENT_NAME = 8

#: The name for all of them; no URL has such a page, and no landing page may have such an id.
OTHER = "(other)"
