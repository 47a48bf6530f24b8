"""The table that people read."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench.results import Results
from bench.targets import BARE_ROUTE, BASELINE, OF_BARE, OF_BASELINE, Target

_PROCESSES = {
    "gateway": "gateway", "worker": "worker", "postgres": "PostgreSQL", "kafka": "Kafka",
    "client": "client", "load": "load", "delivery": "delivery", "receiver": "receiver",
}  # fmt: skip


def show(results: Results, console: Console) -> None:
    """One row a case: medians, spread, ratio, CPU, latency and targets."""
    table = Table(title="Medians; CPU seconds per million events", title_justify="left")
    for name in ("measured", "events/s", "ours ÷ it"):
        table.add_column(name, justify="left" if name == "measured" else "right")
    for name in ("CPU s/M", "p50 / p99", "more", "target"):
        table.add_column(name)
    verdicts: dict[tuple[str, str], list[tuple[Target, bool]]] = {}
    for target, _, reached in results.verdicts():
        verdicts.setdefault((target.part, target.case), []).append((target, reached))
    part = ""
    keys = dict.fromkeys([*results.samples, *results.skipped])
    parts = list(dict.fromkeys(name for name, _ in keys))
    for key in sorted(keys, key=lambda k: parts.index(k[0])):
        if key[0] != part:
            part = key[0]
            table.add_section()
            table.add_row(f"[bold]{part}[/bold]")
        if key in results.samples:
            table.add_row(*_row(results, *key, verdicts.get(key, [])))
        if key in results.skipped:
            reason = results.skipped[key].strip().splitlines()[-1][:120]
            table.add_row(f"  {key[1]}", "skipped", "", "", "", reason)
    console.print(table)
    for note in results.notes:
        console.print(f"note: {note}")
    missed = len(results.missed)
    console.print(f"targets: {len(list(results.verdicts())) - missed} reached, {missed} missed")


def _row(
    results: Results, part: str, case: str, verdicts: list[tuple[Target, bool]]
) -> tuple[str, ...]:
    figures = results.medians(part, case)
    low, high = results.spread(part, case)
    rate = f"{figures['rate']:,.0f}" if "rate" in figures else ""
    if high > low:
        rate += f"\n({low:,.0f}-{high:,.0f})"
    cpu = [
        f"{label} {figures[f'cpu_{name}']:.2f}"
        for name, label in _PROCESSES.items()
        if f"cpu_{name}" in figures
    ]
    latency = f"{figures['p50_ms']:.1f} / {figures['p99_ms']:.1f} ms" if "p50_ms" in figures else ""
    return (
        f"  {case}",
        rate,
        f"{figures['times']:.3g}x" if "times" in figures else "",
        "\n".join(", ".join(cpu[at : at + 2]) for at in range(0, len(cpu), 2)),
        latency,
        "\n".join(_more(figures)),
        "\n".join(
            f"{target.text} [{'green' if reached else 'red'}]"
            f"{'reached' if reached else 'missed'}[/]"
            for target, reached in verdicts
        ),
    )


def _more(figures: dict[str, float]) -> list[str]:
    lines = [f"p95 {figures['p95_ms']:.1f} ms"] if "p95_ms" in figures else []
    if "freshness_p99" in figures:
        lines.append(
            f"fresh p50 {figures['freshness_p50']:.2f} s, p99 {figures['freshness_p99']:.2f} s"
        )
    if "behind_p99" in figures:
        lines.append(f"behind p50 {figures['behind_p50']:.2f} s, p99 {figures['behind_p99']:.2f} s")
    if OF_BASELINE in figures:
        lines.append(f"{figures[OF_BASELINE]:.2f} times the rate of {BASELINE}")
    if OF_BARE in figures:
        lines.append(f"{figures[OF_BARE]:.2f} times the rate of a {BARE_ROUTE}")
    if "cpu_growth" in figures:
        lines.append(f"CPU {figures['cpu_growth']:.2f} times that of the fewest")
    if "peak_delivery" in figures:
        lines.append(f"peak {figures['peak_delivery']:.0f} MB")
    if "rss_all" in figures:
        lines.append(f"all {figures['rss_all']:.0f} MB, grew {figures['rss_growth']:.2f} times")
    if "lcp_ms" in figures:
        answer = f", answer {figures['answer_ms']:.0f} ms" if "answer_ms" in figures else ""
        sizes = f"{figures['kb_all']:.0f} kB, of it data {figures['kb_data']:.0f} kB"
        lines += [
            f"LCP {figures['lcp_ms']:.0f} ms, click {figures['interaction_ms']:.0f} ms{answer}",
            f"{sizes}; {figures['requests']:.0f} requests",
        ]
    memory = [
        f"{label} {figures[f'rss_{name}']:.0f} MB"
        for name, label in _PROCESSES.items()
        if f"rss_{name}" in figures
    ]
    return [*lines, *(", ".join(memory[at : at + 2]) for at in range(0, len(memory), 2))]
