"""`storepulse schemas`: checks, lists and locks the Avro schemas of the repository."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click


@click.group()
def command() -> None:
    """Check and list Avro schemas.

    Example: storepulse schemas check
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, as_json: bool) -> None:
    """Check docs, types, ids, compatibility with every earlier version, and all examples.

    Exit code 0 if nothing is wrong, else 1.

    Example: storepulse schemas check --json
    """
    from storepulse.cli.stream_rules import check_streams
    from storepulse.contracts import schema_rules

    findings = schema_rules.find_problems() + check_streams()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.subject}: {finding.problem}")
        if not findings:
            click.echo(f"{len(schema_rules.list_schemas())} schemas are right")
    sys.exit(1 if findings else 0)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(*, as_json: bool) -> None:
    """List every version of every schema with its id.

    Example: storepulse schemas ls
    """
    from storepulse.contracts import schema_rules
    from storepulse.contracts.schema_lock import fingerprint

    rows = [
        {
            "stream": schema.stream,
            "version": schema.version,
            "id": schema.id,
            "name": f"{schema.document['namespace']}.{schema.document['name']}",
            "fields": len(schema.field_names),
            "sha256": fingerprint(schema.document),
        }
        for schema in schema_rules.list_schemas()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'stream':<12}{'version':<9}{'id':<7}{'fields':<8}name")
    for row in rows:
        click.echo("{stream:<12}{version:<9}{id:<7}{fields:<8}{name}".format(**row))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lock(*, as_json: bool) -> None:
    """Add the ids of new schema versions to schemas/lock.toml. Its entries never change.

    Example: storepulse schemas lock
    """
    from storepulse.contracts import schema_lock, schema_rules

    before = schema_lock.read_lock()
    after = schema_lock.extend(before, schema_rules.list_schemas())
    added = [
        {"stream": stream, "version": int(version), **entry}
        for stream, versions in after.items()
        for version, entry in versions.items()
        if version not in before.get(stream, {})
    ]
    schema_lock.LOCK_FILE.write_text(schema_lock.lock_text(after), "utf-8")
    if as_json:
        click.echo(json.dumps(added, indent=2))
    else:
        click.echo(f"{len(added)} added")
