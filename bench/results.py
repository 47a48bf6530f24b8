"""Figures of all rounds, their medians, and ratios between cases of the same round.

A figure is a number under a name: `rate` (events/s), `cpu_<process>` (CPU seconds per million
events), `p50_ms`, `p99_ms`, `freshness_p99` (s), `rss_<process>` and `peak_<process>` (MB),
`times` (our rate divided by the case's, round by round), `of_baseline` (a stream's rate divided by
activity's of the same round), `of_bare` (the rate divided by that of a bare route in the same
round), `cpu_growth` (CPU of worker and PostgreSQL divided by that of the first case). Of a page of
the console: `lcp_ms`, `interaction_ms`, `answer_ms`, `shift` (CLS), `kb_all`, `kb_data`,
`requests`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from bench.targets import HALF_LOAD, OURS, TARGETS, Target

Sample = Mapping[str, float]


@dataclass
class Results:
    """Everything measured in a run, in the order in which it was first measured."""

    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    skipped: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, part: str, case: str, sample: Sample) -> None:
        """One round of one case."""
        self.samples.setdefault((part, case), []).append(dict(sample))

    def skip(self, part: str, case: str, reason: str) -> None:
        """A case that could not be measured, with the reason."""
        self.skipped[part, case] = reason

    def medians(self, part: str, case: str) -> dict[str, float]:
        """The median of each figure; `times` too where our own case stands beside it."""
        samples = self.samples.get((part, case), [])
        names = dict.fromkeys(name for sample in samples for name in sample)
        figures = {n: median(s[n] for s in samples if n in s) for n in names}
        ours = self.samples.get((part, OURS), [])
        if ours and "rate" in figures and not case.startswith(OURS) and HALF_LOAD not in case:
            pairs = zip(ours, samples, strict=False)
            ratios = [a["rate"] / b["rate"] for a, b in pairs if b.get("rate") and "rate" in a]
            if ratios:
                figures["times"] = median(ratios)
        return figures

    def spread(self, part: str, case: str) -> tuple[float, float]:
        """Least and greatest rate of the rounds."""
        rates = [sample["rate"] for sample in self.samples[part, case] if "rate" in sample]
        return (min(rates), max(rates)) if rates else (0.0, 0.0)

    def verdicts(self) -> Iterator[tuple[Target, float, bool]]:
        """Each target whose figure was measured: the median, and whether it is reached."""
        for target in TARGETS:
            value = self.medians(target.part, target.case).get(target.figure)
            if value is not None:
                yield target, value, target.reached(value)

    @property
    def missed(self) -> list[Target]:
        return [target for target, _, reached in self.verdicts() if not reached]

    def document(self) -> dict[str, object]:
        """All of it for JSON."""
        return {
            "cases": [
                {
                    "part": part,
                    "case": case,
                    "rounds": samples,
                    "medians": self.medians(part, case),
                }
                for (part, case), samples in self.samples.items()
            ],
            "skipped": [
                {"part": part, "case": case, "reason": reason}
                for (part, case), reason in self.skipped.items()
            ],
            "targets": [
                {
                    "part": target.part,
                    "case": target.case,
                    "target": target.text,
                    "value": value,
                    "reached": reached,
                }
                for target, value, reached in self.verdicts()
            ],
            "notes": self.notes,
        }
