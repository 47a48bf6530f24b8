"""The summary that `up` shows once everything runs, as one screen or as JSON.

The secret key is shown only here, and the database's password never.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import without_password
from storepulse.local import ports, subscriber_files


@dataclass(frozen=True)
class Summary:
    """Addresses, the key, and the next steps.

    `sign_in`: a link to the console, for one use. `subscriber`: the file with which other teams
    connect to Kafka; "" if Kafka is external. `shop`: the demo shop; "" if it is disabled.
    """

    gateway: str
    sign_in: str
    reads: str
    shop: str
    kafka: str
    database: str
    home: str
    subscriber: str
    key: str
    try_it: str
    read_it: str
    stop: str


def summarise(settings: Settings, key: str, sign_in: str, *, detached: bool) -> Summary:
    """The summary of a stack that runs with `settings`. `sign_in`: a link of `sign_in_link`."""
    gateway = f"http://{ports.LOOPBACK}:{settings.gateway_port}"
    query = f"http://{ports.LOOPBACK}:{settings.query_port}"
    return Summary(
        gateway=gateway,
        sign_in=sign_in,
        reads=query,
        shop="" if settings.demo_shop_enabled is False else f"{query}/demo",
        kafka=settings.kafka_bootstrap_servers,
        database=without_password(settings.dsn),
        home=str(settings.home.resolve()),
        subscriber=str(subscriber_files.path_of(settings.home.resolve()) or ""),
        key=key,
        try_it=(
            f"curl -s {gateway}/api/cart-tracking/track -H 'Content-Type: application/json' "
            f"""-H 'Authorization: Bearer {key}' -d '{{"storeName":"demo","productId":"1"}}'"""
        ),
        read_it=(
            f"curl -s '{gateway}/api/cart-tracking/events?limit=5' -H 'Authorization: Bearer {key}'"
        ),
        stop="storepulse down" if detached else "Ctrl-C",
    )


def as_json(summary: Summary) -> str:
    """The summary for programs."""
    return json.dumps(asdict(summary), indent=2)


def show(summary: Summary, console: Console) -> None:
    """Print a panel, and below it the lines to copy, which no border may break."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in (
        ("events to", summary.gateway),
        ("reads", summary.reads),
        ("demo shop", summary.shop or "-"),
        ("Kafka", summary.kafka),
        ("PostgreSQL", summary.database),
        ("data and logs", summary.home),
        ("for subscribers", summary.subscriber or "-"),
        ("secret key", summary.key),
        ("stop", summary.stop),
    ):
        table.add_row(label, Text(value))
    console.print(Panel(table, title="Storepulse runs", border_style="green", expand=False))
    for label, line in (
        ("Open the console (the link works once, within ten minutes):", summary.sign_in),
        ("Send an event:", summary.try_it),
        ("Read it:", summary.read_it),
    ):
        console.print(Text(label, style="dim"))
        console.print(Text(line), soft_wrap=True)
