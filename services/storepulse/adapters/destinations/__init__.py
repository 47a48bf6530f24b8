"""The kinds of destinations, one class each. A new one is a class and its place in `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping

from storepulse.adapters.destinations.ga4 import GoogleAnalytics
from storepulse.adapters.destinations.image_archive import ImageArchive
from storepulse.adapters.destinations.kind import Kind
from storepulse.adapters.destinations.meta_capi import MetaConversions
from storepulse.adapters.destinations.webhook import Webhook

_ALL: tuple[Kind, ...] = (Webhook(), GoogleAnalytics(), MetaConversions(), ImageArchive())

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
