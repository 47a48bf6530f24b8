"""`storepulse doctor`: checks a local installation's needs, or a shop's page, and prints fixes."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from storepulse.cli.table import wrapped

#: How each level is printed.
_MARKS = {
    "ok": ("ok", "green"),
    "warning": ("warning", "yellow"),
    "fault": ("bad", "red"),
    "unknown": ("not checked", "cyan"),
}


@click.command()
@click.option("--site", metavar="URL", help="Check the tracker on this page of a shop instead.")
@click.option("--send", is_flag=True, help="With --site: send one test event with the page's key.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, site: str | None, send: bool, as_json: bool) -> None:
    """Check each dependency, port and configured server, and print how to fix it.

    With --site, fetch a page and check the tracker on it: the tag, the script, the page's Content
    Security Policy, the key and its origins. A check without an answer is "not checked". Exit code
    0 if nothing is wrong, else 1.

    Example: storepulse doctor --site https://shop.example/
    """
    if site is not None:
        _check_site(site, send=send, as_json=as_json)
    if send:
        raise click.UsageError("--send requires --site")
    from storepulse.local.diagnosis import examine
    from storepulse.local.home_addresses import load_beside

    verdicts = examine(load_beside(os.environ), os.environ)
    if as_json:
        click.echo(json.dumps([verdict.as_dict() for verdict in verdicts], indent=2))
    else:
        width = max(len(verdict.name) for verdict in verdicts)
        for verdict in verdicts:
            mark = click.style("ok ", fg="green") if verdict.is_ok else click.style("bad", fg="red")
            first, *more = wrapped(f"     {verdict.name:<{width}}  {verdict.detail}", width + 7)
            click.echo(mark + first[3:])
            if verdict.fix:
                more += wrapped(f"     {'':<{width}}  → {verdict.fix}", width + 9)
            for line in more:
                click.echo(line)
    sys.exit(0 if all(verdict.is_ok for verdict in verdicts) else 1)


def _check_site(url: str, *, send: bool, as_json: bool) -> None:
    """Checks a page, prints the findings and exits."""
    from uuid import uuid4

    from storepulse.adapters.clock import system_clock
    from storepulse.cli.tail import printable
    from storepulse.installation.check import check_page
    from storepulse.installation.fetching import Fetcher
    from storepulse.installation.served_checks import trial_event
    from storepulse.installation.tag import ScriptTag

    def event_of(tag: ScriptTag, page: str) -> dict[str, Any]:
        return trial_event(tag, page, str(uuid4()), system_clock())

    with Fetcher() as fetcher:
        findings = list(check_page(url, fetcher, event_of if send else None))
    if as_json:
        numbered = [finding.as_dict(number) for number, finding in enumerate(findings, 1)]
        click.echo(json.dumps(numbered, indent=2))
    else:
        for number, finding in enumerate(findings, 1):
            mark, colour = _MARKS[finding.level]
            head = f"{number:>2}. {mark:<11} "
            first, *more = wrapped(head + printable(finding.text), len(head))
            click.echo(f"{number:>2}. {click.style(mark, fg=colour)}{first[4 + len(mark) :]}")
            if finding.cure:
                more += wrapped(" " * len(head) + "→ " + printable(finding.cure), len(head) + 2)
            for line in more:
                click.echo(line)
    sys.exit(1 if any(finding.level == "fault" for finding in findings) else 0)
