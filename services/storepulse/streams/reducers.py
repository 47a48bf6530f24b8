"""What agents run of a stream's folder: its reducer and its screen, by the stream's name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import polars as pl

from storepulse.streams.reduction import Reducer


def reducer_of(stream: str) -> Reducer:
    """`reduce` of the stream's `rollup.py`: makes rows and figures of a slice's fresh events."""
    reduce: Reducer = _module(stream, "rollup").reduce
    return reduce


def suspicions_of(stream: str) -> list[pl.Expr]:
    """Conditions of which every record meets one that breaks a rule of the stream's beacon."""
    conditions: list[pl.Expr] = _module(stream, "screen").suspicions()
    return conditions


def _module(stream: str, name: str) -> Any:
    return import_module(f"{__package__}.{stream}.{name}")
