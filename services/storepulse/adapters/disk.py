"""Check the free space of disks that a process writes to, and set the metrics."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from storepulse.adapters import metrics
from storepulse.domain.health import Check, disk_detail


def check_disks(folders: Mapping[str, Path]) -> Check:
    """Check the disks now. `folders` are by their names in the metric.

    For a folder that does not exist yet, its nearest existing parent counts.
    """
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
