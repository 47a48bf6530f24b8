"""The reducer and the screen of a stream, by the stream's name; for agents."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import polars as pl

from storepulse.streams.reduction import Reducer


def reducer_of(stream: str) -> Reducer:
    """Return `reduce` of the stream's `rollup.py`, which makes rows and figures of fresh events."""
    reduce: Reducer = _module(stream, "rollup").reduce
    return reduce


def suspicions_of(stream: str) -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    conditions: list[pl.Expr] = _module(stream, "screen").suspicions()
    return conditions


def _module(stream: str, name: str) -> Any:
    return import_module(f"{__package__}.{stream}.{name}")
