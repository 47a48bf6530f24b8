"""Room on the disks that a process writes to: the metrics, and what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from storepulse.adapters import metrics
from storepulse.domain.health import Check, disk_detail


def check_disks(folders: Mapping[str, Path]) -> Check:
    """Looks now. `folders` by their names in the metric; one that is not there yet counts as where
    it would be made."""
    details: dict[str, None] = {}
    for name, folder in folders.items():
        usage = shutil.disk_usage(_existing(folder))
        metrics.DISK_FREE.labels(name).set(usage.free)
        metrics.DISK_SIZE.labels(name).set(usage.total)
        details[disk_detail(str(folder), usage.free)] = None
    return Check("disk", "; ".join(filter(None, details)))


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
