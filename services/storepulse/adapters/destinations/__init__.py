"""The kinds of destinations, one class each. A new one is a class and its line in `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping

from storepulse.adapters.destinations.kind import Kind
from storepulse.adapters.destinations.webhook import Webhook

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (Webhook(),)}
