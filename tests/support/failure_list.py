"""Who failed and why, a line each: the end of a run's print, which is kept where it is cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

#: Characters of a reason.
MOST = 200


def lines_of(reports: Iterable[pytest.TestReport]) -> list[str]:
    """A line for each failure: the step where it is not the test itself, the test, the reason."""
    return [
        f"failed: {'' if report.when == 'call' else f'{report.when} of '}{report.nodeid}: "
        f"{_reason_of(report)}"
        for report in reports
    ]


def _reason_of(report: pytest.TestReport) -> str:
    """The first line of what was raised."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(report.longrepr) if crash is None else str(crash.message)
    return (text.strip().splitlines() or ["no reason"])[0][:MOST]
