"""What agents run of a stream's folder: its reducer and its screen, by the stream's name."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import polars as pl

from storepulse.streams import experiment_units
from storepulse.streams.reduction import Reducer, Reduction


def reducer_of(stream: str) -> Reducer:
    """`reduce` of the stream's `rollup.py`, which makes rows and figures of a slice's fresh events;
    then what these tell of the units of experiments, last in all streams."""
    reduce: Reducer = _module(stream, "rollup").reduce
    if stream not in experiment_units.STREAMS:
        return reduce

    def reduce_with_units(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
        reduction = reduce(fresh, carry)
        units = experiment_units.unit_tables(fresh, stream)
        return replace(reduction, tables={**reduction.tables, **units}) if units else reduction

    return reduce_with_units


def suspicions_of(stream: str) -> list[pl.Expr]:
    """Conditions of which every record meets one that breaks a rule of the stream's beacon."""
    conditions: list[pl.Expr] = _module(stream, "screen").suspicions()
    return conditions


def _module(stream: str, name: str) -> Any:
    return import_module(f"{__package__}.{stream}.{name}")
