"""The pictures that `storepulse capture` stores: taken by Chromium, or from a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from storepulse.access.heatmap_pictures import Device, NewPicture
from storepulse.adapters.chromium.capture import PageWindow, capture_page
from storepulse.adapters.chromium.program import find_program, open_chromium
from storepulse.domain.errors import Rejected
from storepulse.domain.picture_files import MOST_BYTES

#: A typical window for each class of device.
WINDOWS: dict[Device, PageWindow] = {
    "desktop": PageWindow(1440, 900),
    "tablet": PageWindow(820, 1180, is_mobile=True),
    "mobile": PageWindow(390, 844, is_mobile=True),
}


def capture_all(
    url: str,
    page: str,
    devices: Sequence[Device],
    selectors: Sequence[str],
    program: str | None,
    *,
    sandbox: bool,
) -> list[NewPicture]:
    """Takes pictures of a page with one browser. Raises Rejected, Misconfigured, Transient."""
    pictures = []
    with open_chromium(find_program(program), os.environ, sandbox=sandbox) as tools:
        for device in dict.fromkeys(devices):
            taken = capture_page(tools, url, WINDOWS[device], selectors)
            pictures.append(
                NewPicture(page, device, taken.picture, taken.width, "captured", taken.places)
            )
    return pictures


def pictures_of_file(page: str, devices: Sequence[Device], path: Path) -> list[NewPicture]:
    """The same picture for each class of device. Raises Rejected."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)  # longer files are refused
    except OSError as error:
        raise Rejected("picture", f"{path} cannot be read: {error.strerror}") from None
    return [
        NewPicture(page, device, data, WINDOWS[device].width, "uploaded")
        for device in dict.fromkeys(devices)
    ]
