"""`python -m bench`: measures, prints one table, writes bench/results/<date>.json."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import click
import psutil
from rich.console import Console

from bench import (
    agents,
    console,
    delivery,
    experiments,
    gateway,
    growth,
    limits,
    pipeline,
    reads,
    stream_rates,
)
from bench.options import PARTS, Options
from bench.report import show
from bench.results import Results
from bench.stack import open_stack

RUN = {
    "limits": limits.measure,
    "agents": agents.measure,
    "streams": stream_rates.measure,
    "gateway": gateway.measure,
    "pipeline": pipeline.measure,
    "delivery": delivery.measure,
    "growth": growth.measure,
    "reads": reads.measure,
    "experiments": experiments.measure,
    "console": console.measure,
}
RESULTS = Path(__file__).with_name("results")


@click.command()
@click.option("--quick", is_flag=True, help="One round on a fifth of the data.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Only these parts.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Where to write JSON.")
@click.option("--events", type=click.IntRange(50_000, 10_000_000), help="Events for the agents.")
@click.option("--rounds", type=click.IntRange(1, 9), help="Interleaved rounds.")
@click.option("--sustain", type=click.FloatRange(5, 3600), help="Seconds of the whole pipeline.")
@click.option("--rate", type=click.IntRange(0, 500_000), default=0, help="Its events/s; 0: found.")
@click.option("--large", is_flag=True, help="Growth also over 100 million ids.")
@click.option("--explain", type=click.Path(path_type=Path), help="Where to write plans of reads.")
@click.option("--strict", is_flag=True, help="Exit 1 where a target is missed.")
def main(  # noqa: PLR0917 - click passes options by name
    quick: bool,
    only: tuple[str, ...],
    json_file: Path | None,
    events: int | None,
    rounds: int | None,
    sustain: float | None,
    rate: int,
    large: bool,
    explain: Path | None,
    strict: bool,
) -> None:
    """Measure throughput, latency and CPU cost on this machine, over loopback.

    Example: python -m bench --quick --only agents
    """
    options = Options(
        quick=quick,
        parts=only or PARTS,
        events=events or (200_000 if quick else 1_000_000),
        rounds=rounds or (1 if quick else 3),
        gateway_seconds=3.0 if quick else 8.0,
        sustain_seconds=sustain or (15.0 if quick else 60.0),
        pipeline_rate=rate,
        large=large,
        explain=explain,
        strict=strict,
        json=json_file,
    )
    # Asked to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    terminal = Console(width=None if sys.stdout.isatty() else 180)
    results = Results()
    started, at = perf_counter(), datetime.now(UTC)
    load = os.getloadavg()[0]
    if load > 0.5:
        results.notes.append(f"the machine was not idle at the start: load {load:.1f}")
    try:
        with open_stack() as stack:
            for part in (name for name in PARTS if name in options.parts):
                terminal.print(f"[bold]{part}[/bold]")
                RUN[part](stack, options, results)
    finally:
        took = perf_counter() - started
        if results.samples:
            show(results, terminal)
            path = _write(results, options, at, took, load)
            terminal.print(f"{took / 60:.1f} minutes; figures in {path}")
    sys.exit(1 if strict and results.missed else 0)


def _write(results: Results, options: Options, at: datetime, took: float, load: float) -> Path:
    path = options.json or RESULTS / f"{at:%Y-%m-%d-%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "at": at.isoformat(timespec="seconds"),
        "seconds": round(took, 1),
        "machine": {
            "cores": os.cpu_count(),
            "memory_mb": round(psutil.virtual_memory().total / 1e6),
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_at_start": load,
        },
        "options": asdict(options),
        **results.document(),
    }
    path.write_text(json.dumps(document, indent=2, default=str) + "\n")
    return path


if __name__ == "__main__":
    main()
