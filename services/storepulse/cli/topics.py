"""`storepulse topics`: creates the topics of `schemas/topics.toml`, and compares them with the
broker's."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import click

from storepulse.adapters.settings import Settings


def _settings(identity: str = "operator") -> Settings:
    from storepulse.cli.servers import settings_in_force

    return settings_in_force(kafka=True, database=False, identity=identity)


@click.group()
def command() -> None:
    """Create, list and describe topics.

    Example: storepulse topics apply
    """


@command.command()
@click.option(
    "--acls", is_flag=True, help="Also grant Kafka's users their rights on a cluster of your own."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def apply(*, acls: bool, as_json: bool) -> None:
    """Create the missing topics. Existing topics are not changed.

    On the Kafka that `up` runs, users also get their rights on them. On a cluster of your own, use
    --acls.

    Example: KAFKA_BOOTSTRAP_SERVERS=kafka:9092 storepulse topics apply --acls
    """
    from storepulse.adapters.kafka import rights
    from storepulse.adapters.kafka import topics as topics_admin
    from storepulse.local.kafka_accounts import is_ours

    settings = _settings("owner")
    is_wanted = acls or is_ours(settings)
    count = rights.apply(settings) if is_wanted else None
    created = topics_admin.apply(settings)
    if as_json:
        click.echo(json.dumps({"created": created, "rights": count}))
        return
    if acls and count is None:
        click.echo(
            "no rights granted: the cluster has no authorizer, so everybody may do everything"
        )
    elif count is not None:
        click.echo(f"{count} rights of users are in force")
    for name in created:
        click.echo(f"created {name}")
    if not created:
        click.echo("all topics exist")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(*, as_json: bool) -> None:
    """Compare the declared topics with the broker's.

    Exit code 0 if they agree, else 1.

    Example: storepulse topics ls
    """
    from storepulse.adapters.kafka import topics as topics_admin

    states = topics_admin.read_states(_settings())
    if as_json:
        click.echo(json.dumps([asdict(state) for state in states], indent=2))
    else:
        width = max(len(state.name) for state in states)
        click.echo(f"{'topic':<{width}}  {'partitions':>10}  state")
        for state in states:
            verdict = _verdict(state.declared_partitions, state.partitions)
            click.echo(f"{state.name:<{width}}  {state.declared_partitions:>10}  {verdict}")
    sys.exit(0 if all(s.partitions == s.declared_partitions for s in states) else 1)


def _verdict(declared: int, present: int | None) -> str:
    if present is None:
        return "missing"
    return "ok" if present == declared else f"has {present} partitions"


@command.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(("kafka-acls", "strimzi")),
    default="kafka-acls",
    help="Lines for Kafka's kafka-acls, or Strimzi's KafkaUser as JSON.",
)
def acls(*, form: str) -> None:
    """Print the rights that each of Kafka's users needs, without asking a broker.

    Example: storepulse topics acls --format strimzi | kubectl apply -f -
    """
    from storepulse.cli.topic_rights import command_lines, strimzi_manifests
    from storepulse.contracts.kafka_users import rights_of
    from storepulse.contracts.topics import load_catalog
    from storepulse.local.home_addresses import load_beside

    rights = rights_of(load_catalog(load_beside(os.environ).topic_prefix))
    click.echo(command_lines(rights) if form == "kafka-acls" else strimzi_manifests(rights))


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def describe(name: str, *, as_json: bool) -> None:
    """Show the declaration of one topic, without asking a broker.

    Example: storepulse topics describe events.cart.v1
    """
    from storepulse.contracts.topics import load_catalog
    from storepulse.domain.errors import Rejected
    from storepulse.local.home_addresses import load_beside

    topic = load_catalog(load_beside(os.environ).topic_prefix).topics.get(name)
    if topic is None:
        raise Rejected("topic", f"{name} is not declared; `storepulse topics ls` lists them all")
    document = {**asdict(topic), "config": topic.config}
    if topic.stream is not None:
        from storepulse.contracts.schemas import schema_of

        document["subject"] = f"{name}-value"
        document["schema_id"] = schema_of(topic.stream).id
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    for key, value in document.items():
        text = ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value
        click.echo(f"{key:<18} {'-' if text is None else text}")
