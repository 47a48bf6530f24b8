"""The kinds of destinations, one class each. To add one, write a class and add it to `kinds_of`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from storepulse.adapters.settings import Settings
from storepulse.destinations.kinds.ga4 import GoogleAnalytics
from storepulse.destinations.kinds.image_archive import ImageArchive
from storepulse.destinations.kinds.kind import Kind
from storepulse.destinations.kinds.meta_capi import MetaConversions
from storepulse.destinations.kinds.webhook import Webhook
from storepulse.destinations.rules.image_limits import ImageLimits


def kinds_of(home: Path, images: ImageLimits | None = None) -> Mapping[str, Kind]:
    """All kinds by name. Their files on this machine are below `home`."""
    kinds: tuple[Kind, ...] = (
        Webhook(),
        GoogleAnalytics(),
        MetaConversions(),
        ImageArchive(home / "images", images or ImageLimits()),
    )
    return {kind.name: kind for kind in kinds}


#: The kinds for checking declarations, which does not depend on the installation's home.
KINDS: Mapping[str, Kind] = kinds_of(Settings.model_fields["home"].default)
