"""Compares the figures that an installation's API returns with those that the demo counted.

Figures that no API path returns are in the manifest only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from storepulse.demo.part import Read, Told
from storepulse.demo.parts import PARTS
from storepulse.demo.scenes.stage import told_of_scenes


def wrong_figures(
    read: Read, stores: Mapping[str, Mapping[str, Any]], *, domains: Mapping[str, str]
) -> Iterator[str]:
    """One line for each figure of a store that differs from the counted one.

    `stores`: the counted figures (`StoreFigures.document`). Raises what `read` raises.
    """
    for store, counted in stores.items():
        scenes = told_of_scenes(read, store, counted)
        for name, told in chain(told_figures(read, store), scenes):
            if told != counted[name]:
                yield f"{domains[store]}: {name} {told} told, {counted[name]} counted"


def told_figures(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """Name and value of each figure from the API, under the manifest's names."""
    for part in PARTS.values():
        if part.told is not None:
            yield from part.told(read, store)
